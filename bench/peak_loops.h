/* Loops that do only what they measure, compiled for one instruction set and named after it. */
#ifndef BENCH_PEAK_LOOPS_H
#define BENCH_PEAK_LOOPS_H

#include <stddef.h>

#include "vec.h"

/* Does `count` multiply-adds in registers, rounded up. Returns a sum, so that the compiler cannot
 * remove them. A `factor` below 1 keeps the values in range. */
float CPU_NAME(peak_multiply_adds)(size_t count, float factor);

/* values[count] = factor * values + factor; count a multiple of 64. */
void CPU_NAME(peak_sweep)(float *values, size_t count, float factor);

#endif
