/* The orders of threads in which the harness' own tests run kernels. */
#ifndef SAMPLE_ORDERS_H
#define SAMPLE_ORDERS_H

#include "cuda_host.h"

enum { ORDERS = 6 };

/* Ascending, descending, then shuffled by that seed. */
static inline void begin(int order)
{
    cuda_host_reset();
    cuda_host_set_order(order == 0   ? CUDA_HOST_ASCENDING
                        : order == 1 ? CUDA_HOST_DESCENDING
                                     : CUDA_HOST_SHUFFLED,
                        (uint64_t)order);
}

#endif
