/* trainer plot: draws the curves of the runs in directories. */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "comparison.h"
#include "message.h"
#include "option_check.h"
#include "option_roots.h"
#include "option_value.h"
#include "output_path.h"
#include "plot_file.h"
#include "verdict.h"
#include "verdict_plot.h"

enum { KEY_OUTPUT = 'o', KEY_AXIS = 256, KEY_THEME, KEY_OVERWRITE };

enum { SOURCE_BYTES = 256 };

typedef struct plot_options {
    option_roots roots;
    const char *output; /* NULL if not given */
    verdict_axis axis;
    const theme *look;
    bool overwrite;
} plot_options;

static const struct argp_option option_table[] = {
    {"output", KEY_OUTPUT, "FILE", 0, "The picture to write: .svg, .png or .pdf", 0},
    {"axis", KEY_AXIS, "epochs|steps|samples|seconds", 0,
     "The horizontal axis (default epochs); seconds are of training, the mean over seeds", 0},
    {"theme", KEY_THEME, "light|dark", 0, "The colours (default light)", 0},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "Replace FILE if it exists", 0},
    {0}};

static error_t take_output(const struct argp_state *state, plot_options *options, const char *text)
{
    if (!plot_file_is_known(text)) {
        return option_wrong(state, "--output: \"%s\" ends in none of .svg, .png and .pdf", text);
    }
    options->output = text;
    return 0;
}

static error_t take_axis(const struct argp_state *state, plot_options *options, const char *text)
{
    for (verdict_axis axis = 0; axis < VERDICT_AXES; axis++) {
        if (strcmp(text, verdict_axis_names[axis]) == 0) {
            options->axis = axis;
            return 0;
        }
    }
    return option_wrong(state, "--axis: \"%s\" is not epochs, steps, samples or seconds", text);
}

static error_t take_theme(const struct argp_state *state, plot_options *options, const char *text)
{
    if (strcmp(text, "light") != 0 && strcmp(text, "dark") != 0) {
        return option_wrong(state, "--theme: \"%s\" is not light or dark", text);
    }
    options->look = strcmp(text, "dark") == 0 ? &theme_dark : &theme_light;
    return 0;
}

static error_t take_option(int key, char *text, struct argp_state *state)
{
    plot_options *options = state->input;
    switch (key) {
    case KEY_OUTPUT:
        return take_output(state, options, text);
    case KEY_AXIS:
        return take_axis(state, options, text);
    case KEY_THEME:
        return take_theme(state, options, text);
    case KEY_OVERWRITE:
        options->overwrite = true;
        return 0;
    case ARGP_KEY_END:
        return options->output != NULL ? 0
                                       : option_wrong(state, "--output FILE is missing, such as "
                                                             "-o comparison.svg");
    default:
        return option_take_roots(&options->roots, key, state);
    }
}

/* The roots as one text, cut off if they are too long. */
static void name_roots(char out[SOURCE_BYTES], const option_roots *roots)
{
    size_t length = 0;
    for (size_t i = 0; i < roots->count && length < SOURCE_BYTES; i++) {
        const int added = snprintf(out + length, SOURCE_BYTES - length, "%s%s", i == 0 ? "" : ", ",
                                   roots->names[i]);
        length += added > 0 ? (size_t)added : 0;
    }
}

/* 0, or -1 with a message [MESSAGE_BYTES]. */
static int draw(const plot_options *options, const comparison *all, const verdict *answer,
                char *message)
{
    char source[SOURCE_BYTES];
    name_roots(source, &options->roots);
    const verdict_plot wanted = {
        .path = options->output, .source = source, .axis = options->axis, .look = options->look};
    return verdict_plot_write(&wanted, all, answer, message);
}

static void tell_left_out(const char *program, const comparison *all, const verdict *answer)
{
    char left_out[FIGURE_TEXT_BYTES];
    verdict_figure_left_out(all, answer, left_out);
    if (left_out[0] != '\0') {
        fprintf(stderr, "%s: runs that are not drawn: %s\n", program, left_out);
    }
}

static outcome plot(const char *program, const plot_options *options)
{
    char message[MESSAGE_BYTES];
    comparison all = {0};
    verdict answer = {0};
    outcome status = OUTCOME_FAILED;
    if (output_path_check(options->output, options->overwrite, message) != 0 ||
        comparison_add_roots(&all, options->roots.names, options->roots.count, stderr, message) !=
            0) {
        goto cleanup;
    }
    comparison_sort(&all);
    if (verdict_make(&answer, &all, 0) != 0) {
        message_set(message, "no memory for the comparison");
        goto cleanup;
    }
    tell_left_out(program, &all, &answer);
    status = draw(options, &all, &answer, message) == 0 ? OUTCOME_DONE : OUTCOME_FAILED;
cleanup:
    if (status != OUTCOME_DONE) {
        fprintf(stderr, "%s: %s\n", program, message);
    }
    verdict_free(&answer);
    comparison_free(&all);
    return status;
}

outcome plot_command(int argc, char **argv)
{
    const struct argp parser = {
        option_table,
        take_option,
        "[ROOT...] -o FILE",
        "Draws training and validation loss and accuracy of the runs in each ROOT (default ./logs) "
        "and in the directories below it. Each row of trainer compare is one line: the mean over "
        "its seeds, with a band from the lowest to the highest.",
        NULL,
        NULL,
        NULL};
    plot_options options = {.roots = option_roots_default(), .look = &theme_light};
    if (option_check_parse(&parser, argc, argv, &options) != 0) {
        return OUTCOME_REFUSED;
    }
    return plot(argv[0], &options);
}
