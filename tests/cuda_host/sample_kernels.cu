#include "sample_kernels.h"

#include "device.cuh"

enum { THREADS = 256 };

template <bool WITH_BARRIER>
static __global__ void __launch_bounds__(THREADS)
    block_sums(const float *__restrict__ in, float *__restrict__ out)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<float> sums = memory.take<float>(THREADS / 32);
    float sum = in[blockIdx.x * THREADS + threadIdx.x];
    for (int distance = 16; distance > 0; distance /= 2)
        sum += __shfl_xor_sync(0xffffffff, sum, distance);
    if (threadIdx.x % 32 == 0)
        sums[threadIdx.x / 32] = sum;
    if (WITH_BARRIER)
        __syncthreads();
    if (threadIdx.x != 0)
        return;
    sum = 0;
    for (int i = 0; i < THREADS / 32; i++)
        sum += sums[i];
    out[blockIdx.x] = sum;
}

cudaError_t sample_block_sums(const float *in, float *out, unsigned blocks, cudaStream_t stream)
{
    return LAUNCH(block_sums<true>, blocks, THREADS, THREADS / 32 * sizeof(float), stream, in, out);
}

cudaError_t sample_missing_barrier(const float *in, float *out, cudaStream_t stream)
{
    return LAUNCH(block_sums<false>, 1, THREADS, THREADS / 32 * sizeof(float), stream, in, out);
}
