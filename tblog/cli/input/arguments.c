#include "arguments.h"

#include "option_check.h"

static error_t add_tag(arguments *all, const char *expression, const struct argp_state *state)
{
    const char *problem = tag_filter_add(&all->filter, expression);
    if (problem != NULL) {
        return option_check_refuse(state, "--tag '%s': %s", expression, problem);
    }
    return 0;
}

error_t arguments_parse(int key, char *argument, struct argp_state *state, arguments *all)
{
    switch (key) {
    case 't':
        return add_tag(all, argument, state);
    case 'o':
        all->output = argument;
        return 0;
    case ARGP_KEY_ARG:
        return ARGP_ERR_UNKNOWN; /* ARGP_KEY_ARGS then has all of them */
    case ARGP_KEY_ARGS:
        all->paths = state->argv + state->next;
        if (all->one_file && all->paths[1] != NULL) {
            return option_check_refuse(state, "one file at a time");
        }
        return 0;
    case ARGP_KEY_NO_ARGS:
        return option_check_refuse(state, "%s is missing", all->one_file ? "FILE" : "PATH");
    case ARGP_KEY_SUCCESS:
        if (all->needs_output && all->output == NULL) {
            return option_check_refuse(state, "-o OUT is missing");
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
