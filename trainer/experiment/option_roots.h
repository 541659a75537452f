/* The arguments of commands that take directories of runs. */
#ifndef TRAINER_OPTION_ROOTS_H
#define TRAINER_OPTION_ROOTS_H

#include <argp.h>
#include <stddef.h>

#include "must_check.h"

typedef struct option_roots {
    char **names; /* [count], in argv or constant */
    size_t count;
} option_roots;

/* ./logs, where sweep puts runs. */
option_roots option_roots_default(void);

/* For argp's parser: takes all non-option arguments as the roots (ARGP_KEY_ARGS). Returns
 * ARGP_ERR_UNKNOWN for other keys, and EINVAL after one line on stderr if a name is empty. */
MUST_CHECK error_t option_take_roots(option_roots *out, int key, const struct argp_state *state);

#endif
