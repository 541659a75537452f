/* The gradient of conv2's kernel and bias.
 *
 *   gradient[tap][c][d] = sum over samples and pixels of conv1[pixel + tap][c] * delta[pixel][d]
 *   gradient of bias[d] = sum over them of delta[pixel][d]
 *
 * delta is the gradient of conv2's output before ReLU: pooled's gradient at the place in each
 * window that argmax names, 0 elsewhere. A block takes every 128th band (lenet_device.cuh), and
 * computes conv1's rows and delta into shared memory. Its threads keep the whole gradient [288,64]
 * in registers over all its bands, then write it to the block's own slot.
 *
 * mma: K = pixels; a word is a tf32 value, or a pair of bf16 from two rows, one above the other, so
 * that a tap's sideways shift moves whole words. Warp = (row of taps, 32 of the 64 channels, half
 * of K): 6 by 4 tiles of 16 by 8. Row m of tiles 2 dx and 2 dx + 1 together is channel
 * 4 (m % 8) + …, and column c of tile j is channel j of quad quad_of_column(c). delta's quads lie
 * in shared memory in the order of these columns, so that every access there is 16 bytes wide, free
 * of bank conflicts, and feeds two or four tiles. At the end the halves of K are added through
 * shared memory.
 * fp32: thread = three taps of a row by 4 by 4 channels, 48 products for every two vector loads.
 *
 * Bound: at 16 samples (96 bands) latency; with more, shared memory's bandwidth (4/3 accesses of
 * 128 bytes an mma) or the rate of FFMA. Each block also writes a slot of 74 KB. */
#include "lenet_device.cuh"

namespace
{

enum {
    BANDS = LENET_POOL_SIDE / 2,
    WINDOWS = 2 * LENET_POOL_SIDE,
    CONV1_ROWS = 6,
    IMAGE_ROWS = 8,
    DELTA_ROWS = 4,
    STEP_PIXELS = 8,                        /* columns of a step of mma */
    INPUT_PIXEL = LENET_CONV1_CHANNELS + 8, /* words from pixel to pixel: 8 banks apart */
    DELTA_PIXEL = LENET_CONV2_CHANNELS + 8,
    INPUT_WORDS = CONV1_ROWS * LENET_CONV1_SIDE * INPUT_PIXEL,
    DELTA_WORDS = DELTA_ROWS * LENET_CONV2_SIDE * DELTA_PIXEL,
    WARP_SUMS = 6 * 4 * 4, /* of a lane */
    EXCHANGE = CONV_WARPS / 2 * WARP_SUMS * LANES,
    SHARED_WORDS = IMAGE_ROWS * LENET_IMAGE_SIDE + INPUT_WORDS + DELTA_WORDS,
};

static_assert(CONV_THREADS == WINDOWS * WINDOW_QUADS, "a thread has one window and four channels");

constexpr size_t shared_bytes()
{
    return static_cast<size_t>(+EXCHANGE > +SHARED_WORDS ? +EXCHANGE : +SHARED_WORDS) *
           sizeof(float);
}

__device__ __forceinline__ uint32_t word_of(engine_precision precision, float value)
{
    return precision == ENGINE_TF32 ? to_tf32(value) : __float_as_uint(value);
}

/* conv1's rows, lane = channel; bf16: word of row y is the pair of rows y and y + 1. */
template <engine_precision P>
__device__ __forceinline__ void make_inputs(shared_span<uint32_t> inputs, shared_span<float> image,
                                            const conv1_filter &filter, int warp, int lane)
{
    for (int x = warp; x < LENET_CONV1_SIDE; x += CONV_WARPS) {
        float out[CONV1_ROWS];
        conv1_column(image, filter, x, out);
#pragma unroll
        for (int y = 0; y < CONV1_ROWS; y++) {
            const int at = (y * LENET_CONV1_SIDE + x) * INPUT_PIXEL + lane;
            if (P != ENGINE_BF16) {
                inputs[at] = word_of(P, out[y]);
            } else if (y + 1 < CONV1_ROWS) {
                inputs[at] = pack_bf16(out[y], out[(y + 1) % CONV1_ROWS]);
            }
        }
    }
}

/* Where a pixel's quad of channels lies in delta. */
template <engine_precision P> __device__ __forceinline__ int delta_place(int quad)
{
    return P == ENGINE_FP32 ? quad : quad / 8 * 8 + column_of_quad(quad % 8);
}

/* Stages this thread's window and channels of delta, and adds them to its sums for the bias. */
template <engine_precision P>
__device__ __forceinline__ void make_delta(const cuda_activations &a, uint32_t sample,
                                           int in_sample, float scale, shared_span<uint32_t> delta,
                                           float (&bias)[4])
{
    const int window = static_cast<int>(threadIdx.x) / WINDOW_QUADS;
    const int quad = static_cast<int>(threadIdx.x) % WINDOW_QUADS;
    const window_gradient gradient =
        load_window_gradient(a, sample, in_sample * WINDOWS + window, quad, scale);
#pragma unroll
    for (int c = 0; c < 4; c++) {
        bias[c] += gradient.value[c];
    }
    const int row = window / LENET_POOL_SIDE;
    const int column = window % LENET_POOL_SIDE * 2;
#pragma unroll
    for (uint32_t p = 0; p < (P == ENGINE_BF16 ? 2 : 4); p++) {
        uint32_t words[4];
#pragma unroll
        for (int c = 0; c < 4; c++) {
            words[c] = P == ENGINE_BF16
                           ? pack_bf16(gradient_at(gradient, c, p), gradient_at(gradient, c, p + 2))
                           : word_of(P, gradient_at(gradient, c, p));
        }
        const int y = P == ENGINE_BF16 ? row : 2 * row + static_cast<int>(p / 2);
        const int x = column + static_cast<int>(p % 2);
        store4(delta, (y * LENET_CONV2_SIDE + x) * DELTA_PIXEL + 4 * delta_place<P>(quad),
               uint4{words[0], words[1], words[2], words[3]});
    }
}

/* A warp's half of a band's pixels: sums[2 dx + half][tile of channels]. */
template <engine_precision P>
__device__ __forceinline__ void add_band(shared_span<uint32_t> inputs, shared_span<uint32_t> delta,
                                         int tap_row, int channel_half, int k_half, int lane,
                                         float (&sums)[6][4][4])
{
    /* Rows of words of delta; two rows of pixels each in bf16. */
    enum {
        ROWS = (P == ENGINE_BF16 ? DELTA_ROWS / 2 : DELTA_ROWS) / 2,
        INPUT_STEP = P == ENGINE_BF16 ? 2 : 1
    };
    const int group = lane / 4;
    const int member = lane % 4;
#pragma unroll 1
    for (int r = k_half * ROWS; r < (k_half + 1) * ROWS; r++) {
#pragma unroll 1
        for (int x = member; x < LENET_CONV2_SIDE; x += STEP_PIXELS) {
            const int delta_at =
                (r * LENET_CONV2_SIDE + x) * DELTA_PIXEL + 32 * channel_half + 4 * group;
            const uint4 low = load4(delta, delta_at);
            const uint4 high = load4(delta, delta_at + 4 * DELTA_PIXEL);
            const uint32_t b[4][2] = {
                {low.x, high.x}, {low.y, high.y}, {low.z, high.z}, {low.w, high.w}};
            const int input_at =
                ((INPUT_STEP * r + tap_row) * LENET_CONV1_SIDE + x) * INPUT_PIXEL + 4 * group;
#pragma unroll
            for (int dx = 0; dx < 3; dx++) {
                const uint4 left = load4(inputs, input_at + dx * INPUT_PIXEL);
                const uint4 right = load4(inputs, input_at + (dx + 4) * INPUT_PIXEL);
                const uint32_t even[4] = {left.x, left.y, right.x, right.y};
                const uint32_t odd[4] = {left.z, left.w, right.z, right.w};
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    if (P == ENGINE_BF16) {
                        mma_bf16_16x8x16(sums[2 * dx][j], even, b[j]);
                        mma_bf16_16x8x16(sums[2 * dx + 1][j], odd, b[j]);
                    } else {
                        mma_tf32_16x8x8(sums[2 * dx][j], even, b[j]);
                        mma_tf32_16x8x8(sums[2 * dx + 1][j], odd, b[j]);
                    }
                }
            }
        }
    }
}

__device__ __forceinline__ void add_to_slot(float *slot, bool first, float4 value)
{
    if (!first) {
        const float4 before = load_global4(slot);
        value =
            float4{value.x + before.x, value.y + before.y, value.z + before.z, value.w + before.w};
    }
    store_global4(slot, value);
}

/* Adds the second half of K's sums to the first's and writes them to the slot. */
__device__ __forceinline__ void write_mma(shared_span<float> exchange, float *slot, bool first,
                                          int warp, int tap_row, int channel_half, int k_half,
                                          int lane, const float (&sums)[6][4][4])
{
    enum { PAIRS = CONV_WARPS / 2 };
    const shared_span<float> own = exchange + (warp % PAIRS) * WARP_SUMS * LANES + 4 * lane;
    __syncthreads();
    if (k_half == 1) {
#pragma unroll
        for (int m = 0; m < 6; m++) {
#pragma unroll
            for (int d = 0; d < 4; d++) {
                store4(own, (4 * m + d) * 4 * LANES,
                       float4{sums[m][0][d], sums[m][1][d], sums[m][2][d], sums[m][3][d]});
            }
        }
    }
    __syncthreads();
    if (k_half == 0) {
#pragma unroll
        for (int m = 0; m < 6; m++) {
#pragma unroll
            for (int d = 0; d < 4; d++) {
                const float4 other = load4(own, (4 * m + d) * 4 * LANES);
                const int channel = 4 * (lane / 4) + 2 * (m % 2) + d / 2;
                const int row = (3 * tap_row + m / 2) * LENET_CONV1_CHANNELS + channel;
                const int column = 32 * channel_half + 16 * (d % 2) + 4 * (lane % 4);
                add_to_slot(slot + row * LENET_CONV2_CHANNELS + column, first,
                            float4{sums[m][0][d] + other.x, sums[m][1][d] + other.y,
                                   sums[m][2][d] + other.z, sums[m][3][d] + other.w});
            }
        }
    }
}

/* A thread's share in fp32: taps (tap_row, 0 .. 2), input channels [input, + 4), output channels
 * [output, + 4). */
struct fp32_share {
    int tap_row;
    int input;
    int output;
};

__device__ __forceinline__ fp32_share share_of(int warp, int lane)
{
    return fp32_share{warp % 3, warp / 3 / 2 * 16 + lane / 8 * 4, warp / 3 % 2 * 32 + lane % 8 * 4};
}

__device__ __forceinline__ void add_product(const uint4 input, const uint4 delta,
                                            float (&sums)[4][4])
{
    const float left[4] = {__uint_as_float(input.x), __uint_as_float(input.y),
                           __uint_as_float(input.z), __uint_as_float(input.w)};
    const float right[4] = {__uint_as_float(delta.x), __uint_as_float(delta.y),
                            __uint_as_float(delta.z), __uint_as_float(delta.w)};
#pragma unroll
    for (int i = 0; i < 4; i++) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            sums[i][j] = fmaf(left[i], right[j], sums[i][j]);
        }
    }
}

__device__ __forceinline__ void add_band_fp32(shared_span<uint32_t> inputs,
                                              shared_span<uint32_t> delta, const fp32_share &share,
                                              float (&sums)[3][4][4])
{
#pragma unroll 1
    for (int y = 0; y < DELTA_ROWS; y++) {
        const shared_span<uint32_t> from =
            inputs + ((y + share.tap_row) * LENET_CONV1_SIDE * INPUT_PIXEL + share.input);
        const shared_span<uint32_t> to =
            delta + (y * LENET_CONV2_SIDE * DELTA_PIXEL + share.output);
        uint4 window[3];
        window[0] = load4(from, 0);
        window[1] = load4(from, INPUT_PIXEL);
#pragma unroll 3
        for (int x = 0; x < LENET_CONV2_SIDE; x++) {
            window[2] = load4(from, (x + 2) * INPUT_PIXEL);
            const uint4 gradient = load4(to, x * DELTA_PIXEL);
#pragma unroll
            for (int dx = 0; dx < 3; dx++) {
                add_product(window[dx], gradient, sums[dx]);
            }
            window[0] = window[1];
            window[1] = window[2];
        }
    }
}

__device__ __forceinline__ void write_fp32(float *slot, bool first, const fp32_share &share,
                                           const float (&sums)[3][4][4])
{
#pragma unroll
    for (int i = 0; i < 12; i++) {
        const float(&values)[4] = sums[i / 4][i % 4];
        const int row = (3 * share.tap_row + i / 4) * LENET_CONV1_CHANNELS + share.input + i % 4;
        add_to_slot(slot + row * LENET_CONV2_CHANNELS + share.output, first,
                    float4{values[0], values[1], values[2], values[3]});
    }
}

/* The bias's gradient: the 24 windows' sums in order. */
__device__ __forceinline__ void write_bias(shared_span<float> parts, float *slot, bool first,
                                           const float (&bias)[4])
{
    __syncthreads();
    store4(parts, static_cast<int>(threadIdx.x) * 4, float4{bias[0], bias[1], bias[2], bias[3]});
    __syncthreads();
    if (threadIdx.x < LENET_CONV2_CHANNELS) {
        float sum = 0;
#pragma unroll
        for (int window = 0; window < WINDOWS; window++) {
            sum += parts[window * LENET_CONV2_CHANNELS + static_cast<int>(threadIdx.x)];
        }
        float *to = slot + CONV2_ROWS * LENET_CONV2_CHANNELS + threadIdx.x;
        *to = first ? sum : *to + sum;
    }
}

template <engine_precision P>
__global__ void __launch_bounds__(CONV_THREADS, 1)
    conv2_weights(cuda_batch batch, cuda_activations a, cuda_parameters p)
{
    shared_memory memory = SHARED_MEMORY();
    shared_memory same = memory;
    shared_span<float> image = memory.take<float>(IMAGE_ROWS * LENET_IMAGE_SIDE);
    shared_span<uint32_t> inputs = memory.take<uint32_t>(INPUT_WORDS);
    shared_span<uint32_t> delta = memory.take<uint32_t>(DELTA_WORDS);
    shared_span<float> exchange = same.take<float>(EXCHANGE);

    const int warp = static_cast<int>(threadIdx.x) / LANES;
    const int lane = static_cast<int>(threadIdx.x) % LANES;
    const batch_range range = batch_range_of(batch);
    const uint32_t bands = range.n * BANDS;
    const float scale = batch.dropout ? DROPOUT1_SCALE : 1.0f;
    if (blockIdx.x >= bands) {
        return; /* cuda_update knows how many slots there are */
    }
    enum { MMA = P != ENGINE_FP32 };
    const fp32_share share = share_of(warp, lane);
    const int tap_row = warp % 3;
    const int channel_half = warp / 3 % 2;
    const int k_half = warp / 6;
    float sums[MMA ? 6 : 3][4][4] = {};
    float bias[4] = {};
    for (uint32_t band = blockIdx.x; band < bands; band += gridDim.x) {
        const uint32_t i = band / BANDS;
        const int in_sample = static_cast<int>(band % BANDS);
        /* In flight while the rest is staged. */
        const conv1_filter filter = load_conv1_filter(p.values + LENET_CONV1_KERNEL_AT, lane);
        __syncthreads();
        stage_image<IMAGE_ROWS>(image, batch.images, sample_at(batch, range, i), 4 * in_sample,
                                static_cast<int>(threadIdx.x));
        make_delta<P>(a, i, in_sample, scale, delta, bias);
        __syncthreads();
        make_inputs<P>(inputs, image, filter, warp, lane);
        __syncthreads();
        if constexpr (MMA) {
            add_band<P>(inputs, delta, tap_row, channel_half, k_half, lane, sums);
        } else {
            add_band_fp32(inputs, delta, share, sums);
        }
    }
    float *slot = p.conv2_slots + static_cast<size_t>(blockIdx.x) * CONV2_PARAMETERS;
    const bool first = batch.micro_index == 0;
    if constexpr (MMA) {
        write_mma(exchange, slot, first, warp, tap_row, channel_half, k_half, lane, sums);
    } else {
        write_fp32(slot, first, share, sums);
    }
    write_bias(exchange, slot, first, bias);
}

} // namespace

cudaError_t prepare_conv2_weights()
{
    return first_error({raise_shared_limit(conv2_weights<ENGINE_FP32>, shared_bytes()),
                        raise_shared_limit(conv2_weights<ENGINE_TF32>, shared_bytes()),
                        raise_shared_limit(conv2_weights<ENGINE_BF16>, shared_bytes())});
}

extern "C" cudaError_t cuda_conv2_weights(const cuda_batch *batch, const cuda_activations *a,
                                          const cuda_parameters *p, engine_precision precision,
                                          cudaStream_t stream)
{
    return LAUNCH_PRECISION(precision, conv2_weights, dim3(CUDA_CONV_SLOTS), dim3(CONV_THREADS),
                            shared_bytes(), stream, *batch, *a, *p);
}
