/* The rows of a verdict: a family's runs by batch size, at one learning rate each. */
#ifndef TRAINER_VERDICT_ROWS_H
#define TRAINER_VERDICT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "comparison.h"
#include "family.h"
#include "must_check.h"

/* Below this a difference is more than chance. */
#define VERDICT_LEVEL 0.05

/* Over seeds. All NaN without a seed; with a single one, all but the value. */
typedef struct verdict_mean {
    double value;
    double error; /* the standard error of the mean */
    double low;   /* at least 0 */
    double high;  /* at most 1 */
} verdict_mean;

typedef enum verdict_rate {
    VERDICT_ONE_RATE,       /* nothing was to be chosen */
    VERDICT_RATE_CONFIRMED, /* the best of several on the lower half of the seeds; the row is of the
                               others */
    VERDICT_RATE_CHOSEN     /* the best of several on the seeds of the row: a little too good */
} verdict_rate;

/* A batch size at one learning rate. */
typedef struct verdict_row {
    uint32_t batch_size;
    double learning_rate; /* 0 if not known */
    verdict_rate rate;
    const compared_run **runs; /* [seeds], the runs that count, by seed; the figures are theirs */
    size_t seeds;
    size_t choosing;    /* other runs of this batch size and rate, by which the rate was chosen */
    size_t diverged;    /* diverged runs of this batch size and rate, with any seed */
    size_t unfinished;  /* likewise, unfinished runs */
    size_t other_rates; /* runs of this batch size at rates that were not chosen */
    verdict_mean accuracy;
    verdict_mean best_accuracy; /* of all epochs, picked on the validation set: a little too good */
    double epochs;              /* to the target: the median, infinite if that never reaches it */
    double seconds;             /* of training to the target, likewise */
    size_t reached;             /* seeds that reach it */
    double seconds_per_epoch;   /* of training, the median of the runs' medians */
    uint64_t memory;            /* bytes, the most of a run; 0 if not known */
} verdict_row;

typedef struct verdict_rows {
    verdict_row *rows;         /* [count], largest batch size first; for free() */
    const compared_run **runs; /* that the rows point into; for free() */
    size_t count;
} verdict_rows;

/* Makes the rows, with all that does not depend on a target, from the runs whose place in
 * places[all->count] is FAMILY_MEMBER. -1 without memory; what was made is then in *out all the
 * same. */
MUST_CHECK int verdict_rows_make(verdict_rows *out, const comparison *all,
                                 const family_place *places);

/* The seeds of the row that has most, of rows[count]. */
size_t verdict_rows_most_seeds(const verdict_row *rows, size_t count);

#endif
