/* Is the difference between two settings, each tried with several seeds, more than what other seeds
 * would do? */
#ifndef TRAINER_DIFFERENCE_H
#define TRAINER_DIFFERENCE_H

#include <stddef.h>

#include "must_check.h"

/* The mean of left - right, its 95 % confidence interval, and the two-sided p of Student's t test
 * that it is 0. With too few values to tell, interval and p are NaN. */
typedef struct difference {
    double mean;
    double spread; /* standard deviation of one difference; NaN with too few values */
    double low;
    double high;
    double p;
} difference;

/* Figures are counts of samples by a number of samples, so they are known to one in `grain` at
 * best: seeds that happen to agree in every digit do not prove that all would. The spread of a
 * difference is never taken for less than what rounding to the grain makes, grain / sqrt(6). 0 is
 * for figures without one. */

/* left[i] and right[i], i < count, are of the same seed. */
difference difference_paired(const double *left, const double *right, size_t count, double grain);

/* Of seeds that are not the same: Welch's test. */
difference difference_unpaired(const double *left, size_t left_count, const double *right,
                               size_t right_count, double grain);

/* Holm's adjustment of the p[count] of several tests into adjusted[count], which may be compared
 * with one level as if each were alone: the chance that any of the tests errs stays below it. NaN
 * stays, and counts as a test. -1 without memory. */
MUST_CHECK int difference_holm(const double *p, size_t count, double *adjusted);

enum { DIFFERENCE_MOST_SEEDS = 100 };

/* How many seeds a paired test at `level` needs to find a difference of `mean` (not 0) in 80 % of
 * all cases if one difference has the standard deviation `spread`: at least 2;
 * DIFFERENCE_MOST_SEEDS + 1 if so many are too few. */
unsigned difference_seeds_needed(double mean, double spread, double level);

#endif
