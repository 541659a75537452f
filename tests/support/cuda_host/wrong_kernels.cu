/* Kernels that are each wrong in one way (sample_kernels.h). */
#include "device.cuh"
#include "sample_kernels.h"

static const unsigned ALL = 0xffffffff;
static const unsigned HALF_OF_WARP = 0xffff;

static __device__ void race_kernels(wrong_kernel which, shared_span<float> tile,
                                    shared_memory before, float *global)
{
    const int i = static_cast<int>(threadIdx.x);
    const int other = (i + 32) % 64;
    const int neighbour = i ^ 1;
    shared_memory again = before;
    shared_span<uint8_t> bytes = before.take<uint8_t>(256);
    shared_span<uint32_t> words = again.take<uint32_t>(64); /* the same places */
    switch (which) {
    case WRONG_NO_BARRIER:
        tile[i] = 1;
        global[i] = tile[other];
        break;
    case WRONG_NO_SECOND_BARRIER:
        for (int t = 0; t < 2; t++) {
            tile[i] = static_cast<float>(t);
            __syncthreads();
            global[i] = tile[other];
        }
        break;
    case WRONG_SHUFFLE_FOR_SYNCWARP:
        tile[i] = __shfl_xor_sync(ALL, global[i], 1);
        global[i] = __shfl_xor_sync(ALL, global[i], 2);
        global[i] = tile[neighbour];
        break;
    case WRONG_SYNCWARP_FOR_BLOCK:
        tile[i] = 1;
        __syncwarp();
        global[i] = tile[other];
        break;
    case WRONG_TWO_WRITERS:
        tile[i / 2] = 1;
        break;
    case WRONG_BYTE_RACE:
        bytes[i / 2] = 1;
        break;
    case WRONG_WORD_OVER_BYTES:
        bytes[i] = 1;
        if (i % 4 == 0) {
            global[i] = static_cast<float>(words[i / 4]);
        }
        break;
    case WRONG_PLAIN_BESIDE_ATOMIC:
        atomic_add(words, 0, 1);
        global[i] = static_cast<float>(words[0]);
        break;
    case WRONG_PHASES:
        tile[i] = 1;
        __syncwarp();
        global[i] = static_cast<float>(words[other]);
        break;
    default:
        break;
    }
}

static __device__ void divergent_kernels(wrong_kernel which, float *global)
{
    const int i = static_cast<int>(threadIdx.x);
    float d[4] = {0, 0, 0, 0};
    const uint32_t a[4] = {0, 0, 0, 0};
    const uint32_t b[2] = {0, 0};
    switch (which) {
    case WRONG_BARRIER_IN_BRANCH:
        if (i >= 40) {
            return;
        }
        __syncthreads();
        break;
    case WRONG_BARRIER_IN_LOOP:
        for (int t = 0; t < 2 + i / 32; t++) {
            __syncthreads();
        }
        break;
    case WRONG_TWO_BARRIERS:
        if (i < 32) {
            __syncthreads();
        } else {
            __syncthreads();
        }
        break;
    case WRONG_ABSENT_LANE:
        if (i % 32 == 31) {
            return;
        }
        global[i] = __shfl_xor_sync(ALL, global[i], 1);
        break;
    case WRONG_MMA_BY_PART:
        if (i % 32 < 16) {
            mma_tf32_16x8x8(d, a, b);
        }
        break;
    case WRONG_NOT_IN_MASK:
        global[i] = __shfl_xor_sync(HALF_OF_WARP, global[i], 1);
        break;
    case WRONG_SOURCE_NOT_IN_MASK:
        if (i % 32 < 16) {
            global[i] = __shfl_xor_sync(HALF_OF_WARP, global[i], 16);
        }
        break;
    case WRONG_MASKS_DIFFER:
        global[i] = __shfl_xor_sync(i % 32 < 16 ? HALF_OF_WARP : ALL, global[i], 1);
        break;
    case WRONG_COLLECTIVES_DIFFER:
        if (i % 2 == 0) {
            __syncwarp();
        } else {
            global[i] = __shfl_xor_sync(ALL, global[i], 1);
        }
        break;
    case WRONG_NOT_ROUNDED: {
        const uint32_t raw[4] = {__float_as_uint(0.1f), 0, 0, 0};
        mma_tf32_16x8x8(d, raw, b);
        break;
    }
    default:
        break;
    }
    global[i] += d[0];
}

static __device__ void bounds_kernels(wrong_kernel which, shared_span<float> tile,
                                      shared_memory memory)
{
    switch (which) {
    case WRONG_BEYOND_SPAN:
        tile[static_cast<int>(threadIdx.x) + 1] = 1;
        break;
    case WRONG_BEFORE_SPAN:
        (tile + 2)[-3] = 1;
        break;
    case WRONG_VECTOR_BEYOND_SPAN:
        store4(tile, 64, float4{1, 1, 1, 1});
        break;
    case WRONG_VECTOR_UNALIGNED:
        load4(tile, 2);
        break;
    case WRONG_TAKES_TOO_MUCH:
        memory.take<float>(1024);
        break;
    default:
        break;
    }
}

/* A quarter of the threads copies, four values each. */
static __device__ void start_copy(shared_span<float> tile, const float *global)
{
    const int i = static_cast<int>(threadIdx.x);
    if (i < 16) {
        copy_async16(tile, 4 * i, global + 4 * i);
    }
    copy_async_commit();
}

static __device__ void copying_kernels(wrong_kernel which, shared_span<float> tile, float *global)
{
    const int i = static_cast<int>(threadIdx.x);
    switch (which) {
    case WRONG_COPY_NOT_AWAITED:
        start_copy(tile, global);
        if (i < 16) {
            global[i] = tile[4 * i];
        }
        break;
    case WRONG_COPY_NO_BARRIER:
        start_copy(tile, global);
        copy_async_wait<0>();
        global[i] = tile[(i + 32) % 64];
        break;
    case WRONG_COPY_LATEST_GROUP:
        start_copy(tile, global);
        copy_async_wait<1>();
        __syncthreads();
        global[i] = tile[i];
        break;
    case WRONG_COPY_NEVER_AWAITED:
        start_copy(tile, global);
        break;
    case WRONG_COPY_OVER_READ:
        tile[i] = 1;
        __syncthreads();
        global[i] = tile[(i + 32) % 64];
        start_copy(tile, global);
        copy_async_wait<0>();
        break;
    case WRONG_COPY_UNALIGNED:
        copy_async16(tile, 4 * (i % 16), global + 1);
        break;
    default:
        break;
    }
}

static __global__ void wrong(wrong_kernel which, float *global)
{
    shared_memory memory = SHARED_MEMORY();
    const shared_memory before = memory;
    shared_span<float> tile = memory.take<float>(64);
    if (which <= WRONG_PHASES) {
        race_kernels(which, tile, before, global);
    } else if (which >= WRONG_BEYOND_SPAN && which <= WRONG_TAKES_TOO_MUCH) {
        bounds_kernels(which, tile, memory);
    } else if (which >= WRONG_COPY_NOT_AWAITED && which <= WRONG_COPY_UNALIGNED) {
        copying_kernels(which, tile, global);
    } else {
        divergent_kernels(which, global);
    }
}

cudaError_t wrong_launch(wrong_kernel which, float *global, cudaStream_t stream)
{
    return LAUNCH(wrong, 1, 64, 1024, stream, which, global);
}

static __global__ void global_write(float *out)
{
    out[threadIdx.x + 1] = 1;
}

cudaError_t wrong_global_write(float *out, cudaStream_t stream)
{
    return LAUNCH(global_write, 1, 64, 0, stream, out);
}

static __global__ void write_block(float *out)
{
    out[threadIdx.x] = static_cast<float>(blockIdx.x);
}

cudaError_t wrong_order_of_blocks(float *out, cudaStream_t stream)
{
    return LAUNCH(write_block, 4, 64, 0, stream, out);
}
