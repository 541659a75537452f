/* Takes the place of the host harness's header where the tests of kernels are built for a device.
 *
 * They read and write the kernels' memory directly. Here it is the host's own, pinned, which a
 * device reaches by the same addresses; launches must be waited for, so these programs are to run
 * with CUDA_LAUNCH_BLOCKING=1. The order of threads is the device's own. */
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
