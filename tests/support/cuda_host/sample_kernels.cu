/* Correct kernels (sample_kernels.h). */
#include "sample_kernels.h"

#include "device.cuh"

enum { THREADS = 256 };

static const unsigned ALL = 0xffffffff;

static __global__ void __launch_bounds__(THREADS)
    block_sums(const float *__restrict__ in, float *__restrict__ out)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<float> sums = memory.take<float>(THREADS / 32);
    float sum = in[blockIdx.x * THREADS + threadIdx.x];
    for (int distance = 16; distance > 0; distance /= 2) {
        sum += __shfl_xor_sync(ALL, sum, distance);
    }
    if (threadIdx.x % 32 == 0) {
        sums[threadIdx.x / 32] = sum;
    }
    __syncthreads();
    if (threadIdx.x != 0) {
        return;
    }
    sum = 0;
    for (int i = 0; i < THREADS / 32; i++) {
        sum += sums[i];
    }
    out[blockIdx.x] = sum;
}

cudaError_t sample_block_sums(const float *in, float *out, unsigned blocks, cudaStream_t stream)
{
    return LAUNCH(block_sums, blocks, THREADS, THREADS / 32 * sizeof(float), stream, in, out);
}

static __global__ void reverse(const float *in, float *out, int count)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<float> tile = memory.take<float>(256);
    const int i = static_cast<int>(threadIdx.x);
    for (int j = 4 * i; j < 256 + 4 * i; j += 128) {
        if (i < 32) {
            copy_async16(tile, j, in + j, j < count);
        }
        copy_async_commit();
    }
    copy_async_wait<1>();
    __syncthreads();
    out[255 - i] = tile[i];
    out[255 - 64 - i] = tile[64 + i];
    copy_async_wait<0>();
    __syncthreads();
    out[255 - 128 - i] = tile[128 + i];
    out[255 - 192 - i] = (tile + 192)[i];
}

cudaError_t sample_reverse(const float *in, float *out, unsigned count, cudaStream_t stream)
{
    return LAUNCH(reverse, 1, 64, 256 * sizeof(float), stream, in, out, count);
}

static __global__ void count_values(const uint8_t *in, uint32_t *out)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<uint32_t> counts = memory.take<uint32_t>(64);
    const int i = static_cast<int>(threadIdx.x);
    if (i < 64) {
        counts[i] = 0;
    }
    __syncthreads();
    for (int j = i; j < 512; j += 128) {
        atomic_add(counts, in[j], 1);
        atomicAdd(out + 64, 1);
    }
    __syncthreads();
    if (i < 64) {
        out[i] = counts[i];
    }
}

cudaError_t sample_count(const uint8_t *in, uint32_t *out, cudaStream_t stream)
{
    const cudaError_t error = cudaMemsetAsync(out, 0, 65 * sizeof *out, stream);
    return error != cudaSuccess ? error
                                : LAUNCH(count_values, 1, 128, 64 * sizeof *out, stream, in, out);
}

static __global__ void copy_bytes(const uint8_t *in, uint8_t *out)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<uint8_t> bytes = memory.take<uint8_t>(256);
    const int i = static_cast<int>(threadIdx.x);
    bytes[i] = in[i];
    __syncthreads();
    out[255 - i] = bytes[255 - i];
}

cudaError_t sample_bytes(const uint8_t *in, uint8_t *out, cudaStream_t stream)
{
    return LAUNCH(copy_bytes, 1, 256, 256, stream, in, out);
}

static __global__ void shuffles(uint32_t *out)
{
    const uint32_t i = threadIdx.x;
    uint32_t *mine = out + 4 * i;
    mine[0] = __shfl_xor_sync(ALL, i, 5);
    mine[1] = static_cast<uint32_t>(__shfl_xor_sync(ALL, i + 0.5, 31) * 2);
    mine[2] = __ballot_sync(ALL, i % 3 == 0);
    if (i % 32 < 16) {
        mine[3] = __shfl_xor_sync(0x0000ffff, i, 8);
    } else {
        mine[3] = __shfl_xor_sync(0xffff0000, i, 4);
    }
}

cudaError_t sample_shuffles(uint32_t *out, cudaStream_t stream)
{
    return LAUNCH(shuffles, 1, 64, 0, stream, out);
}

static __global__ void rotate(const uint32_t *in, uint32_t *out, unsigned times)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<uint32_t> row = memory.take<uint32_t>(64) + (threadIdx.x & ~31u);
    const int lane = static_cast<int>(threadIdx.x % 32);
    uint32_t value = in[threadIdx.x];
    for (unsigned t = 0; t < times; t++) {
        row[lane] = value;
        __syncwarp();
        value = row[(lane + 1) % 32];
        __syncwarp();
    }
    out[threadIdx.x] = value;
}

cudaError_t sample_rotate(const uint32_t *in, uint32_t *out, unsigned times, cudaStream_t stream)
{
    return LAUNCH(rotate, 1, 64, 64 * sizeof *in, stream, in, out, times);
}

static __global__ void increment(float *out)
{
    out[threadIdx.x] += 1.0f;
}

cudaError_t sample_increment(float *out, cudaStream_t stream)
{
    return LAUNCH(increment, 1, 64, 0, stream, out);
}
