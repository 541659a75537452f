/* Measures this machine's peak rates, which kernels are compared with. */
#ifndef BENCH_PEAK_RATES_H
#define BENCH_PEAK_RATES_H

#include <stddef.h>

typedef struct peak_rates {
    double gflops; /* multiply-adds in registers, counted as 2 operations */
    /* GB/s, read plus written, when arrays are changed in place. `near` is for arrays as large as
     * the weights with their moments, which fit into the outer caches of many machines; `far` is
     * for arrays in memory. */
    double near;
    double far;
} peak_rates;

/* Measures with `threads` threads and the loops of an instruction set ("avx512", …) that this
 * machine supports; `near` with an array of `near_bytes`. Takes about a second. Returns 0, or -1 if
 * memory or threads are lacking. */
int peak_rates_measure(const char *isa, unsigned threads, size_t near_bytes, peak_rates *out);

#endif
