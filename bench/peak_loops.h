/* Loops of one instruction set, named for it, that do nothing but what they measure. */
#ifndef BENCH_PEAK_LOOPS_H
#define BENCH_PEAK_LOOPS_H

#include <stddef.h>

#include "vec.h"

/* `count` multiply-adds in registers, rounded up; a sum, so that they are not left out. A `factor`
 * below 1 keeps the values in range. */
float CPU_NAME(peak_multiply_adds)(size_t count, float factor);

/* values[count] = factor * values + factor; count a multiple of 64. */
void CPU_NAME(peak_sweep)(float *values, size_t count, float factor);

#endif
