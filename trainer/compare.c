/* trainer compare: the runs below a directory, side by side. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "comparison.h"
#include "message.h"
#include "option_check.h"
#include "option_value.h"

enum { KEY_FORMAT = 256 };

typedef struct compare_options {
    const char *root;
    bool json;
} compare_options;

static const struct argp_option option_table[] = {
    {"format", KEY_FORMAT, "table|json", 0, "A table for people (default) or JSON", 0}, {0}};

static error_t take_option(int key, char *text, struct argp_state *state)
{
    compare_options *options = state->input;
    switch (key) {
    case KEY_FORMAT:
        options->json = strcmp(text, "json") == 0;
        if (!options->json && strcmp(text, "table") != 0) {
            return option_wrong(state, "--format: \"%s\" is not table or json", text);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (*text == '\0') {
            return option_wrong(state, "the directory's name is empty");
        }
        if (state->arg_num > 0) {
            return option_wrong(state, "unexpected argument \"%s\": only one directory is taken",
                                text);
        }
        options->root = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static outcome compare(const char *program, const compare_options *options)
{
    char message[MESSAGE_BYTES];
    comparison all = {0};
    outcome status = OUTCOME_FAILED;
    if (comparison_add_below(&all, options->root, stderr, message) != 0) {
        fprintf(stderr, "%s: %s\n", program, message);
        goto cleanup;
    }
    if (all.count == 0) {
        fprintf(stderr,
                "%s: %s holds no runs of the trainer; give the --logdir of train or sweep\n",
                program, options->root);
        goto cleanup;
    }
    comparison_sort(&all);
    status = OUTCOME_DONE;
    if ((options->json ? comparison_print_json(&all, stdout) : comparison_print(&all, stdout)) !=
        0) {
        fprintf(stderr, "%s: no memory for the comparison\n", program);
        status = OUTCOME_FAILED;
    }
cleanup:
    comparison_free(&all);
    return status;
}

outcome compare_command(int argc, char **argv)
{
    const struct argp parser = {
        option_table,
        take_option,
        "[ROOT]",
        "Compares the runs in ROOT (default ./logs) and in the directories below it: what each "
        "batch size reached, what it cost, which converges fastest and which validates best.",
        NULL,
        NULL,
        NULL};
    compare_options options = {.root = "./logs"};
    if (option_check_parse(&parser, argc, argv, &options) != 0) {
        return OUTCOME_REFUSED;
    }
    return compare(argv[0], &options);
}
