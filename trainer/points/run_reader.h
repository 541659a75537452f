/* A run's curves, read back from its event files, which have the truth about its metrics. */
#ifndef TRAINER_RUN_READER_H
#define TRAINER_RUN_READER_H

#include <stdint.h>

#include "must_check.h"
#include "run_record.h"

/* One epoch as the event files have it (32-bit floats; NaN where training gave NaN). */
typedef struct run_point {
    double loss;
    double accuracy;
    double val_loss;
    double val_accuracy;
    double wall_time; /* when its loss was logged, in seconds since 1970; NaN if the file says so */
} run_point;

typedef struct run_curves {
    run_point *points; /* [epochs], their own */
    uint32_t epochs;   /* the epochs from the first that have all four figures */
    char note[320];    /* what is wrong with the files, in one line; "" if nothing is */
} run_curves;

/* Reads the run's own event files of directory/train and directory/validation, in the order of
 * their names; a later point replaces an earlier one of its epoch. Steps beyond the planned epochs
 * are not looked at. Files that are damaged or end inside a record are read as far as they go, with
 * a note. 0, or -1 with a message [MESSAGE_BYTES] if there is no memory; *out is for the caller to
 * free only after 0. */
MUST_CHECK int run_reader_read(run_curves *out, const char *directory, const run_record *record,
                               char *message);

/* Frees what they own and empties them. */
void run_curves_free(run_curves *curves);

#endif
