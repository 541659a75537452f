/* From the images' bytes to the pooled activations: gather, conv1, conv2, bias, ReLU, 2x2 maximum
 * and dropout in one kernel, so that neither convolution's output leaves the chip.
 *
 *   conv1[y][x][c]  = ReLU(bias[c] + sum over 9 taps of pixel * kernel[tap][c])
 *   conv2[y][x][d]  = bias[d] + sum over 9 taps and 32 c of conv1[y + dy][x + dx][c] * kernel
 *   pooled, argmax   = the largest of a window's four where it is above 0; dropped by the mask
 *
 * A block goes over bands (lenet_device.cuh). For each: image rows to shared memory, conv1's six
 * rows by one thread a channel, then conv2 as a matrix product of 96 pixels by 64 channels over
 * K = 288 (tap, channel; conv2_products.cuh). Each thread ends with a window's four pixels by four
 * channels, so the epilogue exchanges nothing.
 *
 * Bound: at 16 samples (96 bands) latency, mostly of staging conv2's kernel (74 KB from L2 for each
 * block) and of the dependent loads of progress, order and image; with more, shared memory's
 * bandwidth (mma) or the rate of FFMA. */
#include "conv2_products.cuh"

namespace
{

using namespace conv2_products;

enum {
    BANDS = LENET_POOL_SIDE / 2,                 /* 6 a sample */
    WINDOWS = 2 * LENET_POOL_SIDE,               /* 24 a band */
    MASKS = WINDOWS * LENET_CONV2_CHANNELS / 16, /* philox blocks of a band */
    IMAGE_ROWS = CONV1_ROWS + 2,
    /* Two blocks for each of 132 multiprocessors: more would only load the kernel more often. */
    MOST_BLOCKS = 264,
};

/* Bias, ReLU, maximum and dropout of a thread's window and channels, to global memory. `dropped`
 * has a bit for each of the four channels. */
__device__ __forceinline__ void pool_window(const cuda_activations &a, const float *parameters,
                                            const window_sums &sums, size_t at, uint32_t dropped,
                                            float scale)
{
    const float4 bias4 = load_global4(parameters + LENET_CONV2_BIAS_AT + 4 * sums.quad);
    const float bias[4] = {bias4.x, bias4.y, bias4.z, bias4.w};
    float pooled[4];
    uint32_t argmaxes = 0;
#pragma unroll
    for (int c = 0; c < 4; c++) {
        float best = sums.value[0][c] + bias[c];
        uint32_t argmax = 0;
#pragma unroll
        for (uint32_t p = 1; p < 4; p++) {
            const float value = sums.value[p][c] + bias[c];
            argmax = value > best ? p : argmax;
            best = value > best ? value : best;
        }
        const bool open = best > 0 && (dropped >> c & 1) == 0;
        pooled[c] = open ? best * scale : 0.0f;
        argmaxes |= (open ? argmax : static_cast<uint32_t>(ROUTE_CLOSED)) << (8 * c);
    }
    store_global4(a.pooled + at, float4{pooled[0], pooled[1], pooled[2], pooled[3]});
    if (a.argmax != nullptr) {
        *reinterpret_cast<uint32_t *>(a.argmax + at) = argmaxes;
    }
}

/* Stages a band's image rows (by the last two warps) and dropout mask (by the first three). */
__device__ __forceinline__ void stage_band(const cuda_batch &batch, uint32_t band,
                                           shared_span<float> image, shared_span<uint32_t> masks)
{
    const batch_range range = batch_range_of(batch);
    const uint32_t i = band / BANDS;
    const int in_sample = static_cast<int>(band % BANDS);
    const int thread = static_cast<int>(threadIdx.x);
    if (thread >= CONV_THREADS - 2 * LANES) {
        stage_image<IMAGE_ROWS>(image, batch.images, sample_at(batch, range, i), 4 * in_sample,
                                thread - (CONV_THREADS - 2 * LANES));
    } else if (batch.dropout && thread < MASKS) {
        const uint32_t block = (range.begin + i) * (LENET_FLAT / 16) +
                               static_cast<uint32_t>(in_sample * MASKS + thread);
        masks[thread] = dropped_bits(philox(batch.seed, PHILOX_DROPOUT1, range.step, block),
                                     LENET_DROPOUT1_RATE_256);
    }
}

/* Stages conv1's kernel and bias, by warps that have nothing to do in stage_band. */
__device__ __forceinline__ void stage_conv1(shared_span<float> conv1, const float *parameters)
{
    enum { FIRST = MASKS, END = FIRST + CONV1_PARAMETERS / 4 };
    static_assert(END <= CONV_THREADS - 2 * LANES, "the image's warps come after");
    const int thread = static_cast<int>(threadIdx.x);
    if (thread >= FIRST && thread < END) {
        const int at = 4 * (thread - FIRST);
        store4(conv1, at, load_global4(parameters + LENET_CONV1_KERNEL_AT + at));
    }
}

template <engine_precision P> constexpr size_t shared_bytes()
{
    return (words_of<P>::KERNEL + EXCHANGE + IMAGE_ROWS * LENET_IMAGE_SIDE + 2 * MASKS +
            CONV1_PARAMETERS) *
           sizeof(float);
}

template <engine_precision P>
__global__ void __launch_bounds__(CONV_THREADS, 2)
    conv_forward(cuda_batch batch, cuda_activations a, const float *parameters)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<uint32_t> kernel = memory.take<uint32_t>(words_of<P>::KERNEL);
    shared_span<float> image = memory.take<float>(IMAGE_ROWS * LENET_IMAGE_SIDE);
    shared_span<uint32_t> masks = memory.take<uint32_t>(2 * MASKS);
    shared_span<float> conv1 = memory.take<float>(CONV1_PARAMETERS);
    shared_memory same = memory;
    shared_span<uint32_t> tile = memory.take<uint32_t>(EXCHANGE);
    shared_span<float> exchange = same.take<float>(EXCHANGE);

    const int warp = static_cast<int>(threadIdx.x) / LANES;
    const int lane = static_cast<int>(threadIdx.x) % LANES;
    const uint32_t bands = batch_range_of(batch).n * BANDS;
    const float scale = batch.dropout ? DROPOUT1_SCALE : 1.0f;
    if (blockIdx.x >= bands) {
        return;
    }
    stage_band(batch, blockIdx.x, image, masks);
    stage_conv1(conv1, parameters);
    stage_kernel<P>(kernel, parameters + LENET_CONV2_KERNEL_AT);
    int mask_at = 0;
    for (uint32_t band = blockIdx.x; band < bands; band += gridDim.x) {
        __syncthreads();
        make_conv1<P>(tile, image, conv1, warp, lane);
        __syncthreads();
        window_sums sums;
        if (P == ENGINE_FP32) {
            multiply_fp32(kernel, tile, warp, lane, sums);
        } else {
            multiply_mma<P>(kernel, tile, exchange, warp, lane, sums);
        }
        const int element = sums.window * LENET_CONV2_CHANNELS + 4 * sums.quad;
        const uint32_t dropped =
            batch.dropout ? masks[mask_at + element / 16] >> (element % 16) & 15 : 0;
        const size_t at = static_cast<size_t>(band / BANDS) * LENET_FLAT +
                          (band % BANDS) * (WINDOWS * LENET_CONV2_CHANNELS) + element;
        pool_window(a, parameters, sums, at, dropped, scale);
        /* The other half of the masks: this one may still be read. The image was last read two
         * barriers ago, or in fp32 one. */
        mask_at = MASKS - mask_at;
        if (band + gridDim.x < bands) {
            stage_band(batch, band + gridDim.x, image, masks + mask_at);
        }
    }
}

} // namespace

cudaError_t prepare_conv_forward()
{
    return first_error(
        {raise_shared_limit(conv_forward<ENGINE_FP32>, shared_bytes<ENGINE_FP32>()),
         raise_shared_limit(conv_forward<ENGINE_TF32>, shared_bytes<ENGINE_TF32>()),
         raise_shared_limit(conv_forward<ENGINE_BF16>, shared_bytes<ENGINE_BF16>())});
}

extern "C" cudaError_t cuda_conv_forward(const cuda_batch *batch, const cuda_activations *a,
                                         const float *parameters, engine_precision precision,
                                         cudaStream_t stream)
{
    const uint32_t bands = batch_most(batch) * BANDS;
    if (bands == 0) {
        return cudaSuccess;
    }
    const dim3 grid(min(bands, static_cast<uint32_t>(MOST_BLOCKS)));
    const size_t bytes =
        precision == ENGINE_BF16 ? shared_bytes<ENGINE_BF16>() : shared_bytes<ENGINE_FP32>();
    return LAUNCH_PRECISION(precision, conv_forward, grid, dim3(CONV_THREADS), bytes, stream,
                            *batch, *a, parameters);
}
