#include "sharing_options.h"

#include <string.h>

#include "message.h"
#include "option_value.h"

enum sharing_key {
    KEY_LIST = 512,
    KEY_FORMAT,
    KEY_TASK,
    KEY_JOIN,
    KEY_NO_WAIT
}; /* others than those of run_options_parse.c */

static const struct argp_option option_table[] = {
    {"list", KEY_LIST, NULL, 0,
     "List the sweep's runs, numbered from 0, without training; the same options give the same "
     "list on every machine",
     0},
    {"format", KEY_FORMAT, "table|json", 0, "The format of --list (default table)", 0},
    {"task", KEY_TASK, "SHARE|auto", 0,
     "Train a share I/N of the list: every Nth run, beginning with run I (0 to N-1); auto takes "
     "the share from a job array, mpirun or srun",
     0},
    {"join", KEY_JOIN, NULL, 0,
     "Share the runs with all processes that have the same options and --logdir: each trains runs "
     "that no other process holds, and waits for the rest in case a process dies",
     0},
    {"no-wait", KEY_NO_WAIT, NULL, 0,
     "With --join, end as soon as other processes hold all runs that are left", 0},
    {0}};

static error_t take_format(const struct argp_state *state, sharing_options *options,
                           const char *text)
{
    options->format = true;
    options->json = strcmp(text, "json") == 0;
    return options->json || strcmp(text, "table") == 0
               ? 0
               : option_wrong(state, "--format: \"%s\" is not table or json", text);
}

static error_t take_task(const struct argp_state *state, sharing_options *options, const char *text)
{
    char message[MESSAGE_BYTES];
    return task_share_parse(&options->task, text, message) == 0
               ? 0
               : option_wrong(state, "--task %s", message);
}

static error_t check_together(const struct argp_state *state, const sharing_options *options)
{
    if (options->format && !options->list) {
        return option_wrong(state, "--format needs --list");
    }
    if (options->join && task_share_is_given(&options->task)) {
        return option_wrong(state, "--task and --join exclude each other");
    }
    if (options->no_wait && !options->join) {
        return option_wrong(state, "--no-wait needs --join");
    }
    return 0;
}

static error_t take_option(int key, char *text, struct argp_state *state)
{
    sharing_options *options = state->input;
    switch (key) {
    case KEY_LIST:
        options->list = true;
        return 0;
    case KEY_FORMAT:
        return take_format(state, options, text);
    case KEY_TASK:
        return take_task(state, options, text);
    case KEY_JOIN:
        options->join = true;
        return 0;
    case KEY_NO_WAIT:
        options->no_wait = true;
        return 0;
    case ARGP_KEY_END:
        return check_together(state, options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp sharing_options_parser = {option_table, take_option, NULL, NULL,
                                            NULL,         NULL,        NULL};
