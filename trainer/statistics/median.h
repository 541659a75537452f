#ifndef TRAINER_MEDIAN_H
#define TRAINER_MEDIAN_H

#include <stddef.h>

/* The middle one of values[count], or the mean of the two in the middle; NaN of none. Infinite
 * values stand for "never": they are the largest, and the median is infinite if a middle one is.
 * Sorts the values. */
double median(double *values, size_t count);

#endif
