/* An epoch's order: makes the keys, and after they are sorted extracts the order from them.
 * Bound: the writes; 60,000 keys are half a megabyte. */
#include "lenet_device.cuh"

namespace
{

enum { THREADS = 256 };

/* Thread = one philox block, four samples. */
__global__ void __launch_bounds__(THREADS)
    order_keys(uint64_t *keys, uint32_t count, uint64_t seed, uint64_t epoch)
{
    const uint32_t block = blockIdx.x * THREADS + threadIdx.x;
    const philox_block words = philox(seed, PHILOX_ORDER, epoch, block);
#pragma unroll
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t sample = 4 * block + i;
        if (sample < count) {
            keys[sample] = static_cast<uint64_t>(words.word[i]) << 32 | sample;
        }
    }
}

__global__ void __launch_bounds__(THREADS)
    order_from_keys(uint32_t *order, const uint64_t *keys, uint32_t count)
{
    const uint32_t i = blockIdx.x * THREADS + threadIdx.x;
    if (i < count) {
        order[i] = static_cast<uint32_t>(keys[i]);
    }
}

dim3 blocks_for(uint32_t threads)
{
    return dim3(threads / THREADS + (threads % THREADS != 0));
}

} // namespace

cudaError_t prepare_order_keys()
{
    return first_error({load_kernel(order_keys), load_kernel(order_from_keys)});
}

extern "C" cudaError_t cuda_order_keys(uint64_t *keys, uint32_t count, uint64_t seed,
                                       uint64_t epoch, cudaStream_t stream)
{
    return LAUNCH(order_keys, blocks_for(count / 4 + 1), dim3(THREADS), 0, stream, keys, count,
                  seed, epoch);
}

extern "C" cudaError_t cuda_order_from_keys(uint32_t *order, const uint64_t *keys, uint32_t count,
                                            cudaStream_t stream)
{
    if (count == 0) {
        return cudaSuccess;
    }
    return LAUNCH(order_from_keys, blocks_for(count), dim3(THREADS), 0, stream, order, keys, count);
}
