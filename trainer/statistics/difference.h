/* Is the difference between two settings, each tried with several seeds, more than chance? */
#ifndef TRAINER_DIFFERENCE_H
#define TRAINER_DIFFERENCE_H

#include <stddef.h>

#include "must_check.h"

/* The mean of left - right, its 95 % confidence interval, and the two-sided p of Student's t test
 * that it is 0. With fewer than two values, interval and p are NaN. */
typedef struct difference {
    double mean;
    double spread; /* standard deviation of one difference; NaN with too few values */
    double low;
    double high;
    double p;
} difference;

/* Accuracies are multiples of `grain`, 1 / the number of samples. Equal accuracies of a few seeds
 * do not prove that all seeds would agree. So the spread of a difference is at least that of
 * rounding to the grain, grain / sqrt(6). A grain of 0 is for figures that are not rounded. */

/* left[i] and right[i], i < count, are of the same seed. */
difference difference_paired(const double *left, const double *right, size_t count, double grain);

/* For different seeds: Welch's test. */
difference difference_unpaired(const double *left, size_t left_count, const double *right,
                               size_t right_count, double grain);

/* Holm's adjustment of the p values p[count] of several tests into adjusted[count]. Each may be
 * compared with the same level: the probability of any false positive stays below it. NaN stays
 * NaN, and counts as a test. -1 without memory. */
MUST_CHECK int difference_holm(const double *p, size_t count, double *adjusted);

enum { DIFFERENCE_MOST_SEEDS = 100 };

/* How many seeds a paired test at `level` needs to find a difference of `mean` (not 0) in 80 % of
 * all cases if one difference has the standard deviation `spread`: at least 2;
 * DIFFERENCE_MOST_SEEDS + 1 if so many are too few. */
unsigned difference_seeds_needed(double mean, double spread, double level);

#endif
