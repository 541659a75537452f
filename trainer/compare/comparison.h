/* Finds the runs of a comparison and reads them. Their figures come from run.json; those of Keras'
 * logs, which have none, come from the event files. */
#ifndef TRAINER_COMPARISON_H
#define TRAINER_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "compared_run.h"
#include "must_check.h"

typedef struct comparison {
    compared_run *runs; /* [count], the comparison's own */
    size_t count;
    size_t capacity;
    bool names_roots; /* names of runs begin with their root: there are several */
    bool checks;      /* set before runs are added: whether event files are read, too, and noted if
                    they are damaged or differ from run.json */
} comparison;

/* Adds the run in `directory`, to be called `name`. 0, or -1 with a message [MESSAGE_BYTES] if
 * there is no readable run.json or no memory. */
MUST_CHECK int comparison_add(comparison *self, const char *directory, const char *name,
                              char *message);

/* Adds every run at or below `root`, and every log of Keras. A damaged run.json, a directory that
 * cannot be read and event files of others are reported on `warnings` and left out. 0, or -1 with a
 * message if root cannot be read or there is no memory. */
MUST_CHECK int comparison_add_below(comparison *self, const char *root, FILE *warnings,
                                    char *message);

/* Adds the runs at or below each of roots[count], which hold one each at least, likewise. Sets
 * names_roots. */
MUST_CHECK int comparison_add_roots(comparison *self, char *const *roots, size_t count,
                                    FILE *warnings, char *message);

/* Largest batch size first, then by learning rate, seed and name. */
void comparison_sort(comparison *self);

/* Frees what it owns and empties it. */
void comparison_free(comparison *self);

#endif
