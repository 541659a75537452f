/* Launches whose blocks wait for each other. No kernel of the engine does, so this is not in
 * device.cuh; the harness can run them, and its samples are written with these two. */
#ifndef GRID_BARRIER_CUH
#define GRID_BARRIER_CUH

#include "device.cuh"

/* LAUNCH with all blocks on the device at once, as grid_barrier needs them; more blocks than have
 * room are cudaErrorCooperativeLaunchTooLarge. */
#ifdef __CUDACC__
#include <cooperative_groups.h>

#define LAUNCH_COOPERATIVE(...) launch_cooperative(__VA_ARGS__)

template <typename... P>
inline cudaError_t launch_cooperative(void (*kernel)(P...), dim3 grid, dim3 block,
                                      size_t shared_bytes, cudaStream_t stream,
                                      typename plain_type<P>::type... values)
{
    void *places[sizeof...(P) + 1] = {&values..., nullptr};
    return cudaLaunchCooperativeKernel(reinterpret_cast<const void *>(kernel), grid, block, places,
                                       shared_bytes, stream);
}
#else
#define LAUNCH_COOPERATIVE(...) launch_kernel(#__VA_ARGS__, true, __VA_ARGS__)
#endif

/* Waits for all threads of a cooperative launch; orders memory as __syncthreads does, and global
 * memory between blocks. */
#ifdef __CUDACC__
__device__ __forceinline__ void grid_barrier()
{
    cooperative_groups::this_grid().sync();
}
#else
inline void grid_barrier(CUDA_HOST_SITE)
{
    cuda_host::grid_barrier(file, line);
}
#endif

#endif
