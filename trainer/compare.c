/* trainer compare: compares the runs in directories. */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "comparison.h"
#include "comparison_print.h"
#include "message.h"
#include "number.h"
#include "option_check.h"
#include "option_roots.h"
#include "option_value.h"
#include "verdict.h"
#include "verdict_words.h"

enum { KEY_FORMAT = 256, KEY_TARGET, KEY_DETAILS, KEY_CHECK };

typedef enum compare_format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV, FORMATS } compare_format;

static const char *const format_names[FORMATS] = {"table", "json", "csv"};

typedef struct compare_options {
    option_roots roots;
    compare_format format;
    double target; /* 0 if not given */
    bool details;
    bool checks;
} compare_options;

static const struct argp_option option_table[] = {
    {"target-accuracy", KEY_TARGET, "X", 0,
     "The validation accuracy at which a run counts as converged, such as 0.98 or 98% (default: "
     "99%, or the highest that all runs reach if no batch size reaches 99%)",
     0},
    {"details", KEY_DETAILS, NULL, 0,
     "Also print a table of all runs, all differences with their intervals, and definitions", 0},
    {"format", KEY_FORMAT, "table|json|csv", 0,
     "Print tables for people (default), JSON, or CSV with one row per run", 0},
    {"check", KEY_CHECK, NULL, 0,
     "Also read the event files, and report those that are damaged or differ from run.json", 0},
    {0}};

static error_t take_format(const struct argp_state *state, compare_options *options,
                           const char *text)
{
    for (compare_format format = 0; format < FORMATS; format++) {
        if (strcmp(text, format_names[format]) == 0) {
            options->format = format;
            return 0;
        }
    }
    return option_wrong(state, "--format: \"%s\" is not table, json or csv", text);
}

/* "0.98" or "98%". */
static error_t take_target(const struct argp_state *state, compare_options *options,
                           const char *text)
{
    char number[32];
    const size_t length = strcspn(text, "%");
    const bool is_percentage = strcmp(text + length, "%") == 0;
    snprintf(number, sizeof number, "%.*s", (int)length, text);
    if (length >= sizeof number || (!is_percentage && text[length] != '\0') ||
        !number_parse_positive_real(number, &options->target)) {
        options->target = INFINITY;
    }
    options->target /= is_percentage ? 100 : 1;
    return options->target <= 1
               ? 0
               : option_wrong(state,
                              "--target-accuracy: \"%s\" is not an accuracy above 0 and at most 1, "
                              "such as 0.98 or 98%%",
                              text);
}

static error_t take_option(int key, char *text, struct argp_state *state)
{
    compare_options *options = state->input;
    switch (key) {
    case KEY_FORMAT:
        return take_format(state, options, text);
    case KEY_TARGET:
        return take_target(state, options, text);
    case KEY_DETAILS:
        options->details = true;
        return 0;
    case KEY_CHECK:
        options->checks = true;
        return 0;
    default:
        return option_take_roots(&options->roots, key, state);
    }
}

/* -1 without memory. */
static int print(const comparison *all, const verdict *answer, const compare_options *options)
{
    switch (options->format) {
    case FORMAT_JSON:
        return comparison_print_json(all, answer, stdout);
    case FORMAT_CSV:
        comparison_print_csv(all, answer, stdout);
        return 0;
    case FORMAT_TABLE:
    case FORMATS:
        break;
    }
    if (verdict_words_print(answer, stdout) != 0) {
        return -1;
    }
    putchar('\n');
    comparison_print_table(all, answer, stdout);
    if (options->details) {
        comparison_print_details(all, answer, stdout);
    }
    return 0;
}

static outcome compare(const char *program, const compare_options *options)
{
    char message[MESSAGE_BYTES];
    comparison all = {.checks = options->checks};
    verdict answer = {0};
    outcome status = OUTCOME_FAILED;
    if (comparison_add_roots(&all, options->roots.names, options->roots.count, stderr, message) !=
        0) {
        fprintf(stderr, "%s: %s\n", program, message);
        goto cleanup;
    }
    comparison_sort(&all);
    if (verdict_make(&answer, &all, options->target) != 0 || print(&all, &answer, options) != 0) {
        fprintf(stderr, "%s: no memory for the comparison\n", program);
        goto cleanup;
    }
    status = OUTCOME_DONE;
cleanup:
    verdict_free(&answer);
    comparison_free(&all);
    return status;
}

outcome compare_command(int argc, char **argv)
{
    const struct argp parser = {
        option_table,
        take_option,
        "[ROOT...]",
        "Compares the runs in each ROOT (default ./logs) and in the directories below it: which "
        "batch size validates best, which converges fastest, which is cheapest, and how sure that "
        "is. Also compares logs of Keras' TensorBoard callback. docs/comparing.md explains the "
        "answer.",
        NULL,
        NULL,
        NULL};
    compare_options options = {.roots = option_roots_default()};
    if (option_check_parse(&parser, argc, argv, &options) != 0) {
        return OUTCOME_REFUSED;
    }
    return compare(argv[0], &options);
}
