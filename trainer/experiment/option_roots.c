#include "option_roots.h"

#include "option_value.h"

option_roots option_roots_default(void)
{
    static char name[] = "./logs";
    static char *names[] = {name};
    return (option_roots){names, 1};
}

error_t option_take_roots(option_roots *out, int key, const struct argp_state *state)
{
    if (key != ARGP_KEY_ARGS) {
        return ARGP_ERR_UNKNOWN;
    }
    out->names = state->argv + state->next;
    out->count = (size_t)(state->argc - state->next);
    for (size_t i = 0; i < out->count; i++) {
        if (out->names[i][0] == '\0') {
            return option_wrong(state, "the directory's name is empty");
        }
    }
    return 0;
}
