/* What this machine can do at most, measured: the bounds that kernels are held against. */
#ifndef BENCH_PEAK_RATES_H
#define BENCH_PEAK_RATES_H

#include <stddef.h>

typedef struct peak_rates {
    double gflops; /* multiply-adds in registers, counted as 2 operations */
    /* GB/s, read and written, of arrays changed in place: `near` as large as the weights with their
     * moments, which the outer caches of many machines hold; `far` in memory. */
    double near;
    double far;
} peak_rates;

/* Measures with `threads` threads and the loops of an instruction set ("avx512", …) that this
 * machine has; `near` is measured in an array of `near_bytes`. Takes about a second. 0, or -1
 * without memory or threads. */
int peak_rates_measure(const char *isa, unsigned threads, size_t near_bytes, peak_rates *out);

#endif
