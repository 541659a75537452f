/* Reads a run's curves from its event files, the authoritative record of its metrics. */
#ifndef TRAINER_RUN_READER_H
#define TRAINER_RUN_READER_H

#include <stdint.h>

#include "must_check.h"
#include "run_record.h"

/* One epoch as the event files have it (32-bit floats; NaN if training gave NaN). */
typedef struct run_point {
    double loss;
    double accuracy;
    double val_loss;
    double val_accuracy;
    double wall_time; /* when its loss was logged, in seconds since 1970; NaN if the file has
                         NaN */
} run_point;

typedef struct run_curves {
    run_point *points; /* [epochs], owned */
    uint32_t epochs;   /* the leading epochs that have all four figures */
    char note[320];    /* one line about problems of the files; "" if there is none */
} run_curves;

/* Reads the run's event files in directory/train and directory/validation, in the order of their
 * names. A later point of an epoch replaces an earlier one. Steps beyond the planned epochs are
 * ignored. Files that are damaged or end inside a record are read up to there, with a note. 0, or
 * -1 with a message [MESSAGE_BYTES] if there is no memory; the caller frees *out only after 0. */
MUST_CHECK int run_reader_read(run_curves *out, const char *directory, const run_record *record,
                               char *message);

/* Frees the points and empties the curves. */
void run_curves_free(run_curves *curves);

#endif
