/* Compares the runs of one family (family.h): which batch size is best, and how sure is that?
 *
 * Accuracies are validation accuracies after the last epoch unless they are called best. Two batch
 * sizes are compared by Student's t test over the seeds: paired if they share two seeds or more,
 * Welch's otherwise. The p values of all pairs are adjusted by Holm's method. Intervals are 95 %
 * confidence intervals for one pair or mean each, and are not adjusted. */
#ifndef TRAINER_VERDICT_H
#define TRAINER_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "comparison.h"
#include "difference.h"
#include "family.h"
#include "must_check.h"
#include "verdict_pairs.h"
#include "verdict_rows.h"

typedef enum verdict_target {
    VERDICT_TARGET_GIVEN,
    VERDICT_TARGET_USUAL, /* 99 % */
    VERDICT_TARGET_COMMON /* no batch size reaches 99 %, and all runs reach this accuracy */
} verdict_target;

typedef struct verdict {
    verdict_row *rows; /* [count], largest batch size first; owned */
    size_t count;
    verdict_pair *pairs; /* [count][count]; owned */
    bool is_foreign;     /* they are logs of Keras */
    double target;
    verdict_target target_is;
    family_place *places;           /* of all runs of the comparison; owned */
    size_t left_out[FAMILY_PLACES]; /* how many of them have each place but FAMILY_MEMBER */
    bool same_hardware;             /* also as many runs at a time: seconds are comparable */
    const compared_run **runs;      /* that the rows point into; owned */
} verdict;

/* `target` is an accuracy above 0 and at most 1, or 0 to choose one. The comparison must be sorted,
 * and outlive the verdict. -1 without memory, and nothing held. */
MUST_CHECK int verdict_make(verdict *out, const comparison *all, double target);
void verdict_free(verdict *self);

typedef enum verdict_question {
    VERDICT_ACCURACY,
    VERDICT_EPOCHS,
    VERDICT_SECONDS
} verdict_question;

/* The rows with the best value, into leaders[self->count]: one, or several if they are equal. A row
 * with a diverged seed never leads. Returns how many: 0 if no row has a finite value. */
size_t verdict_leaders(const verdict *self, verdict_question question, size_t *leaders);

const verdict_pair *verdict_pair_of(const verdict *self, size_t left, size_t right);

/* Is the accuracy of `left` higher than that of `right`, beyond chance? */
bool verdict_is_better(const verdict *self, size_t left, size_t right);

/* Was any row's learning rate chosen in this way? */
bool verdict_has_rate(const verdict *self, verdict_rate rate);

/* Do the rows have different learning rates, so that these must be named? */
bool verdict_rates_differ(const verdict *self);

/* Does the row have figures, and no diverged seed? */
bool verdict_can_lead(const verdict_row *row);

/* Is the row better than every other that can lead? False if there is no other. */
bool verdict_is_best(const verdict *self, size_t row);

/* The rows that can lead and that `best` is not shown to be better than, into rivals[self->count];
 * returns how many. */
size_t verdict_rivals(const verdict *self, size_t best, size_t *rivals);

/* Of rows[count], at least one, the row whose accuracy is nearest to that of `best`. */
size_t verdict_nearest(const verdict *self, size_t best, const size_t *rows, size_t count);

typedef struct verdict_lead {
    size_t common; /* seeds that the row shares with all other rows that can lead; 0 if none can */
    size_t first;  /* seeds in which it is ahead of all these rows */
} verdict_lead;

verdict_lead verdict_lead_of(const verdict *self, verdict_question question, size_t row);

/* The difference that verdict_seeds_needed plans for: the observed one, but at least 0.1 points. */
double verdict_difference_wanted(const verdict *self, size_t left, size_t right);

/* How many seeds would show that difference in 80 % of all cases; DIFFERENCE_MOST_SEEDS + 1 if that
 * is more than DIFFERENCE_MOST_SEEDS, 0 if there is only one seed and so no spread. */
unsigned verdict_seeds_needed(const verdict *self, size_t left, size_t right);

#endif
