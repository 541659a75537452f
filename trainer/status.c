/* trainer status: prints the progress of the runs in directories, from their files alone. */
#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "comparison.h"
#include "message.h"
#include "option_check.h"
#include "option_roots.h"
#include "option_value.h"
#include "status_print.h"

enum { KEY_FORMAT = 256, KEY_WATCH };

/* Between two refreshes, each of which reads all run.json. */
enum { WATCH_SECONDS = 2 };

/* Moves a terminal's cursor to its top left corner and clears from there on. */
#define TERMINAL_CLEAR "\033[H\033[J"

typedef struct status_options {
    option_roots roots;
    bool json;
    bool watch;
} status_options;

static const struct argp_option option_table[] = {
    {"format", KEY_FORMAT, "table|json", 0, "Print one line per run (default), or JSON", 0},
    {"watch", KEY_WATCH, NULL, 0,
     "Refresh every two seconds until interrupted; a terminal shows as many runs as fit", 0},
    {0}};

static error_t take_option(int key, char *text, struct argp_state *state)
{
    status_options *options = state->input;
    switch (key) {
    case KEY_FORMAT:
        options->json = strcmp(text, "json") == 0;
        return options->json || strcmp(text, "table") == 0
                   ? 0
                   : option_wrong(state, "--format: \"%s\" is not table or json", text);
    case KEY_WATCH:
        options->watch = true;
        return 0;
    default:
        return option_take_roots(&options->roots, key, state);
    }
}

/* 0, or -1 with a message. It is no error if there are no runs: a sweep may be about to begin. */
static int find_runs(comparison *out, const option_roots *roots, char *message)
{
    out->names_roots = roots->count > 1;
    for (size_t i = 0; i < roots->count; i++) {
        if (comparison_add_below(out, roots->names[i], stderr, message) != 0) {
            return -1;
        }
    }
    comparison_sort(out);
    status_sort(out);
    return 0;
}

/* The terminal's lines, except that of the cursor; SIZE_MAX if stdout is no terminal. */
static size_t lines_of_terminal(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 2) {
        return SIZE_MAX;
    }
    return size.ws_row - 1U;
}

/* -1 with a message. */
static int look(const status_options *options, char *message)
{
    const size_t most = options->watch ? lines_of_terminal() : SIZE_MAX;
    comparison all = {0};
    int status = find_runs(&all, &options->roots, message);
    if (status == 0 && options->watch && most < SIZE_MAX) {
        fputs(TERMINAL_CLEAR, stdout);
    }
    if (status == 0 && options->json) {
        status = status_print_json(&all, stdout) == 0 ? 0 : message_set(message, "no memory");
    } else if (status == 0) {
        status_print_table(&all, most, stdout);
    }
    comparison_free(&all);
    return status;
}

outcome status_command(int argc, char **argv)
{
    const struct argp parser = {
        option_table,
        take_option,
        "[ROOT...]",
        "Prints the progress of the runs in each ROOT (default ./logs) and in the directories "
        "below "
        "it: state, epochs, mean seconds per epoch, time left, and the host that trains the run or "
        "trained it last. Reads only files, so it works on every host that has them."
        "\v"
        "A run whose lock nobody holds is shown as interrupted, even if its run.json says "
        "\"running\". Runs that have not begun are not shown; trainer sweep can list them.",
        NULL,
        NULL,
        NULL};
    const struct timespec pause = {.tv_sec = WATCH_SECONDS};
    char message[MESSAGE_BYTES];
    status_options options = {.roots = option_roots_default()};
    if (option_check_parse(&parser, argc, argv, &options) != 0) {
        return OUTCOME_REFUSED;
    }
    do {
        if (look(&options, message) != 0) {
            fprintf(stderr, "%s: %s\n", argv[0], message);
            return OUTCOME_FAILED;
        }
    } while (options.watch && fflush(stdout) == 0 && nanosleep(&pause, NULL) == 0);
    return OUTCOME_DONE;
}
