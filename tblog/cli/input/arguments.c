#include "arguments.h"

#include <errno.h>

static void add_tag(arguments *all, char *expression, struct argp_state *state)
{
    const char *problem = tag_filter_add(&all->filter, expression);
    if (problem != NULL) {
        argp_error(state, "--tag '%s': %s", expression, problem);
    }
}

error_t arguments_parse(int key, char *argument, struct argp_state *state, arguments *all)
{
    switch (key) {
    case 't':
        add_tag(all, argument, state);
        return 0;
    case 'o':
        all->output = argument;
        return 0;
    case ARGP_KEY_ARG:
        return ARGP_ERR_UNKNOWN; /* all at once, below */
    case ARGP_KEY_ARGS:
        all->paths = state->argv + state->next;
        if (all->one_file && all->paths[1] != NULL) {
            argp_error(state, "one file at a time");
        }
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "%s is missing", all->one_file ? "FILE" : "PATH");
        return EINVAL;
    case ARGP_KEY_SUCCESS:
        if (all->needs_output && all->output == NULL) {
            argp_error(state, "-o OUT is missing");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void arguments_free(arguments *all)
{
    tag_filter_free(&all->filter);
}
