/* Replaces the host harness's header when the tests of kernels are built for a device.
 *
 * The tests read and write the kernels' memory directly. Here it is pinned host memory, which a
 * device reaches at the same addresses. Tests do not wait for launches, so run these programs with
 * CUDA_LAUNCH_BLOCKING=1. The device decides the order of threads. */
#ifndef CUDA_HOST_H
#define CUDA_HOST_H

#include <cuda_runtime.h>
#include <stdint.h>

#define cudaMalloc cudaMallocHost
#define cudaFree   cudaFreeHost

typedef enum cuda_host_order {
    CUDA_HOST_ASCENDING = 0,
    CUDA_HOST_DESCENDING,
    CUDA_HOST_SHUFFLED
} cuda_host_order;

static inline void cuda_host_reset(void)
{
}

static inline void cuda_host_set_order(cuda_host_order order, uint64_t seed)
{
    (void)order;
    (void)seed;
}

#endif
