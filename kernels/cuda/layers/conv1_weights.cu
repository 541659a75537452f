/* The gradient of conv1's kernel and bias, through that of conv1's output.
 *
 *   back[y][x][c]     = sum over taps and 64 d of kernel2[tap][c][d] * delta[y - dy][x - dx][d]
 *                       where conv1[y][x][c] > 0, else 0
 *   gradient[tap][c]  = sum over samples and pixels of image[pixel + tap] * back[pixel][c]
 *   gradient of bias[c] = sum over them of back[pixel][c]
 *
 * delta is the gradient of conv2's output before ReLU: pooled's gradient at the place in each
 * window that argmax names, 0 elsewhere. `back` is linear in delta, so the work is cut into pieces:
 * one row of delta by one row of taps. A piece computes a part of `back` (32 channels by 26 pixels,
 * K = 3 taps by 64), gates it and multiplies it with the image; only the sums of the gradient join
 * the pieces. So a strip needs no rows of its neighbours, and no row of taps falls outside.
 *
 * A block keeps conv2's kernel in shared memory and takes every 128th strip of DELTA_ROWS rows of
 * delta, with zeros between the rows. A word is one value, or in bf16 a pair along d. A lane reads
 * eight words in a row, two for each of four steps of mma, both from the kernel (A: row = channel)
 * and from delta (B: column = pixel). So nothing is transposed, and accesses are 16 bytes wide and
 * free of bank conflicts.
 *
 * - bf16: a strip is two window rows; a warp has one piece, 2 by 4 tiles.
 * - tf32, fp32: a strip is one window row, so that a block keeps within 99 KiB; a warp has half the
 *   pixels of a piece.
 *
 * A lane ends with four channels by 8 or 4 pixels, and multiplies these with the image in its
 * registers. At the end the warps' sums are added in shared memory. Each block has its own slot.
 *
 * Bound: as for conv2_weights; here staging the kernel is a part of it. */
#include "lenet_device.cuh"

namespace
{

enum {
    PIXEL_TILES = 4,                   /* of eight pixels: 26, and six that are not used */
    ROW_PIXELS = LENET_CONV2_SIDE + 2, /* from row to row of delta: two zeros before each */
    TAPS = 9,
    SUMS = TAPS + 1, /* of a channel: the taps and the bias */
    LANE_CHANNELS = 4,
};

template <engine_precision P> struct strip_of {
    enum {
        WINDOW_ROWS = P == ENGINE_BF16 ? 2 : 1,
        DELTA_ROWS = 2 * WINDOW_ROWS,
        CONV1_ROWS = DELTA_ROWS + 2,
        IMAGE_ROWS = CONV1_ROWS + 2,
        STRIPS = LENET_POOL_SIDE / WINDOW_ROWS, /* of a sample */
        WINDOWS = WINDOW_ROWS * LENET_POOL_SIDE,
        WORDS = P == ENGINE_BF16 ? LENET_CONV2_CHANNELS / 2 : LENET_CONV2_CHANNELS,
        STRIDE = WORDS + 4, /* from row to row of the kernel and pixel to pixel: 4 banks apart */
        CHUNKS = WORDS / 32,
        TILES = PIXEL_TILES * 3 * DELTA_ROWS / CONV_WARPS, /* of a warp */
        KERNEL = CONV2_ROWS * STRIDE,
        /* The last tile of the last row reaches six pixels beyond. */
        DELTA = (DELTA_ROWS * ROW_PIXELS + 8) * STRIDE,
        IMAGE = IMAGE_ROWS * LENET_IMAGE_SIDE,
        GATES = CONV1_ROWS * LENET_CONV1_SIDE,
        SHARED_WORDS = KERNEL + DELTA + IMAGE + GATES,
    };
};

static_assert(CONV_WARPS * LENET_CONV1_CHANNELS * SUMS <= strip_of<ENGINE_BF16>::KERNEL,
              "the warps' sums fit into the kernel's memory");

template <engine_precision P> size_t shared_bytes()
{
    return static_cast<size_t>(strip_of<P>::SHARED_WORDS) * sizeof(float);
}

/* Four values along d as words at `at` of a row. */
template <engine_precision P>
__device__ __forceinline__ void store_words(shared_span<uint32_t> to, int row, int d, float4 four)
{
    enum { STRIDE = strip_of<P>::STRIDE };
    if (P == ENGINE_BF16) {
        store2(to, row * STRIDE + d / 2,
               uint2{pack_bf16(four.x, four.y), pack_bf16(four.z, four.w)});
    } else if (P == ENGINE_TF32) {
        store4(to, row * STRIDE + d,
               uint4{to_tf32(four.x), to_tf32(four.y), to_tf32(four.z), to_tf32(four.w)});
    } else {
        store4(to, row * STRIDE + d,
               uint4{__float_as_uint(four.x), __float_as_uint(four.y), __float_as_uint(four.z),
                     __float_as_uint(four.w)});
    }
}

/* Stages conv2's kernel in its own order, rows (tap, channel), and zeros around delta's rows. */
template <engine_precision P>
__device__ __forceinline__ void stage_kernel(const float *kernel, shared_span<uint32_t> to,
                                             shared_span<uint32_t> delta)
{
#pragma unroll 4
    for (int i = static_cast<int>(threadIdx.x); i < CONV2_ROWS * WINDOW_QUADS; i += CONV_THREADS) {
        store_words<P>(to, i / WINDOW_QUADS, i % WINDOW_QUADS * 4, load_global4(kernel + 4 * i));
    }
    for (int i = static_cast<int>(threadIdx.x); i < strip_of<P>::DELTA / 4; i += CONV_THREADS) {
        store4(delta, 4 * i, uint4{0, 0, 0, 0});
    }
}

template <engine_precision P>
__device__ __forceinline__ void make_delta(const cuda_activations &a, uint32_t sample,
                                           int in_sample, float scale, shared_span<uint32_t> delta)
{
    const int window = static_cast<int>(threadIdx.x) / WINDOW_QUADS;
    const int quad = static_cast<int>(threadIdx.x) % WINDOW_QUADS;
    if (window >= strip_of<P>::WINDOWS) {
        return;
    }
    const window_gradient gradient =
        load_window_gradient(a, sample, in_sample * strip_of<P>::WINDOWS + window, quad, scale);
    const int y = window / LENET_POOL_SIDE * 2;
    const int x = window % LENET_POOL_SIDE * 2;
#pragma unroll
    for (uint32_t p = 0; p < 4; p++) {
        const int pixel =
            (y + static_cast<int>(p / 2)) * ROW_PIXELS + 2 + x + static_cast<int>(p % 2);
        store_words<P>(delta, pixel, 4 * quad,
                       float4{gradient_at(gradient, 0, p), gradient_at(gradient, 1, p),
                              gradient_at(gradient, 2, p), gradient_at(gradient, 3, p)});
    }
}

/* gates[y][x]: bit c is set if conv1 is above 0 there in channel c. */
template <engine_precision P>
__device__ __forceinline__ void make_gates(shared_span<uint32_t> gates, shared_span<float> image,
                                           const conv1_filter &filter, int warp, int lane)
{
    enum { ROWS = strip_of<P>::CONV1_ROWS };
    for (int x = warp; x < LENET_CONV1_SIDE; x += CONV_WARPS) {
        float out[ROWS];
        conv1_column(image, filter, x, out);
#pragma unroll
        for (int y = 0; y < ROWS; y++) {
            const uint32_t open = __ballot_sync(0xffffffffu, out[y] > 0);
            if (lane == 0) {
                gates[y * LENET_CONV1_SIDE + x] = open;
            }
        }
    }
}

/* A warp's piece: a row of delta, a row of taps, and the first of its pixel tiles. */
struct piece {
    int delta_row;
    int tap_row;
    int first_tile;
};

__device__ __forceinline__ void load_eight(shared_span<uint32_t> from, int at, uint32_t (&words)[8])
{
    const uint4 low = load4(from, at);
    const uint4 high = load4(from, at + 4);
    words[0] = low.x;
    words[1] = low.y;
    words[2] = low.z;
    words[3] = low.w;
    words[4] = high.x;
    words[5] = high.y;
    words[6] = high.z;
    words[7] = high.w;
}

/* back[channels 16 m + …][pixel tile]: d[0], d[1] are channel 16 m + g, d[2], d[3] channel
 * 16 m + g + 8, at pixels 2 t and 2 t + 1 of the tile. */
template <engine_precision P>
__device__ __forceinline__ void multiply_mma(shared_span<uint32_t> kernel,
                                             shared_span<uint32_t> delta, const piece &own,
                                             int lane, float (&back)[2][strip_of<P>::TILES][4])
{
    typedef strip_of<P> strip;
    const int group = lane / 4;
    const int member = lane % 4;
#pragma unroll 1
    for (int dx = 0; dx < 3; dx++) {
        const int kernel_row = (3 * own.tap_row + dx) * LENET_CONV1_CHANNELS + group;
        const int pixel = own.delta_row * ROW_PIXELS + 2 + 8 * own.first_tile + group - dx;
#pragma unroll 1
        for (int chunk = 0; chunk < strip::CHUNKS; chunk++) {
            const int word = 32 * chunk + 8 * member;
            uint32_t a[4][8]; /* channels g, g + 8, g + 16, g + 24 */
#pragma unroll
            for (int c = 0; c < 4; c++) {
                load_eight(kernel, (kernel_row + 8 * c) * strip::STRIDE + word, a[c]);
            }
#pragma unroll
            for (int tile = 0; tile < strip::TILES; tile++) {
                uint32_t b[8];
                load_eight(delta, (pixel + 8 * tile) * strip::STRIDE + word, b);
#pragma unroll
                for (int step = 0; step < 8; step += 2) {
                    const uint32_t right[2] = {b[step], b[step + 1]};
#pragma unroll
                    for (int m = 0; m < 2; m++) {
                        const uint32_t left[4] = {a[2 * m][step], a[2 * m + 1][step],
                                                  a[2 * m][step + 1], a[2 * m + 1][step + 1]};
                        if (P == ENGINE_BF16) {
                            mma_bf16_16x8x16(back[m][tile], left, right);
                        } else {
                            mma_tf32_16x8x8(back[m][tile], left, right);
                        }
                    }
                }
            }
        }
    }
}

/* The same in fp32, by FFMA. */
__device__ __forceinline__ void multiply_fp32(shared_span<uint32_t> kernel,
                                              shared_span<uint32_t> delta, const piece &own,
                                              int lane,
                                              float (&back)[2][strip_of<ENGINE_FP32>::TILES][4])
{
    typedef strip_of<ENGINE_FP32> strip;
#pragma unroll 1
    for (int dx = 0; dx < 3; dx++) {
        const int kernel_row = (3 * own.tap_row + dx) * LENET_CONV1_CHANNELS + lane / 4;
        const int pixel = own.delta_row * ROW_PIXELS + 2 + 8 * own.first_tile + lane % 4 * 2 - dx;
#pragma unroll 1
        for (int d = 0; d < LENET_CONV2_CHANNELS; d += 4) {
            uint4 right[strip::TILES][2];
#pragma unroll
            for (int i = 0; i < 2 * strip::TILES; i++) {
                right[i / 2][i % 2] =
                    load4(delta, (pixel + 8 * (i / 2) + i % 2) * strip::STRIDE + d);
            }
#pragma unroll
            for (int c = 0; c < 4; c++) {
                const uint4 left = load4(kernel, (kernel_row + 8 * c) * strip::STRIDE + d);
#pragma unroll
                for (int i = 0; i < 2 * strip::TILES; i++) {
                    const uint4 at = right[i / 2][i % 2];
                    float &to = back[c / 2][i / 2][2 * (c % 2) + i % 2];
                    to = fmaf(__uint_as_float(left.x), __uint_as_float(at.x), to);
                    to = fmaf(__uint_as_float(left.y), __uint_as_float(at.y), to);
                    to = fmaf(__uint_as_float(left.z), __uint_as_float(at.z), to);
                    to = fmaf(__uint_as_float(left.w), __uint_as_float(at.w), to);
                }
            }
        }
    }
}

/* Gates the piece's part of `back` and adds its products with the image to sums[channel][tap]. */
template <engine_precision P>
__device__ __forceinline__ void
add_image_products(shared_span<float> image, shared_span<uint32_t> gates, const piece &own,
                   int lane, const float (&back)[2][strip_of<P>::TILES][4],
                   float (&sums)[LANE_CHANNELS][SUMS])
{
    const int row = own.delta_row + own.tap_row; /* of conv1 in the strip */
#pragma unroll
    for (int tile = 0; tile < strip_of<P>::TILES; tile++) {
        const int x = 8 * (own.first_tile + tile) + lane % 4 * 2;
        if (x >= LENET_CONV1_SIDE) {
            continue; /* 26 is even: both pixels are there or neither */
        }
        float pixel[3][4];
#pragma unroll
        for (int i = 0; i < 12; i++) {
            pixel[i / 4][i % 4] = image[(row + i / 4) * LENET_IMAGE_SIDE + x + i % 4];
        }
#pragma unroll
        for (int side = 0; side < 2; side++) {
            const uint32_t open = gates[row * LENET_CONV1_SIDE + x + side] >> (lane / 4);
#pragma unroll
            for (int c = 0; c < LANE_CHANNELS; c++) {
                const float value =
                    (open >> (8 * c) & 1) != 0 ? back[c / 2][tile][2 * (c % 2) + side] : 0.0f;
#pragma unroll
                for (int tap = 0; tap < TAPS; tap++) {
                    sums[c][tap] = fmaf(pixel[tap / 3][tap % 3 + side], value, sums[c][tap]);
                }
                sums[c][TAPS] += value;
            }
        }
    }
}

/* Adds the sums over the four lanes of a group, then over the warps in order, and writes the
 * slot. */
__device__ __forceinline__ void write_slot(shared_span<float> parts, float *slot, bool first,
                                           int warp, int lane, float (&sums)[LANE_CHANNELS][SUMS])
{
    enum { WARP_PARTS = LENET_CONV1_CHANNELS * SUMS };
    __syncthreads();
#pragma unroll
    for (int c = 0; c < LANE_CHANNELS; c++) {
#pragma unroll
        for (int tap = 0; tap < SUMS; tap++) {
            float sum = sums[c][tap];
            sum += __shfl_xor_sync(0xffffffffu, sum, 1);
            sum += __shfl_xor_sync(0xffffffffu, sum, 2);
            if (lane % 4 == 0) {
                parts[warp * WARP_PARTS + tap * LENET_CONV1_CHANNELS + 8 * c + lane / 4] = sum;
            }
        }
    }
    __syncthreads();
    /* The parts are laid out like the slot: taps by channel, then the bias. */
    for (int i = static_cast<int>(threadIdx.x); i < WARP_PARTS; i += CONV_THREADS) {
        float sum = first ? 0.0f : slot[i];
#pragma unroll
        for (int w = 0; w < CONV_WARPS; w++) {
            sum += parts[w * WARP_PARTS + i];
        }
        slot[i] = sum;
    }
}

template <engine_precision P>
__global__ void __launch_bounds__(CONV_THREADS, 1)
    conv1_weights(cuda_batch batch, cuda_activations a, cuda_parameters p)
{
    typedef strip_of<P> strip;
    shared_memory memory = SHARED_MEMORY();
    shared_memory same = memory;
    shared_span<uint32_t> kernel = memory.take<uint32_t>(strip::KERNEL);
    shared_span<uint32_t> delta = memory.take<uint32_t>(strip::DELTA);
    shared_span<float> image = memory.take<float>(strip::IMAGE);
    shared_span<uint32_t> gates = memory.take<uint32_t>(strip::GATES);
    shared_span<float> parts = same.take<float>(CONV_WARPS * LENET_CONV1_CHANNELS * SUMS);

    const int warp = static_cast<int>(threadIdx.x) / LANES;
    const int lane = static_cast<int>(threadIdx.x) % LANES;
    enum { PIECE_WARPS = PIXEL_TILES / strip::TILES };
    const int number = warp / PIECE_WARPS;
    const piece own = {number / 3, number % 3, warp % PIECE_WARPS * strip::TILES};
    const batch_range range = batch_range_of(batch);
    const uint32_t strips = range.n * strip::STRIPS;
    const float scale = batch.dropout ? DROPOUT1_SCALE : 1.0f;
    float sums[LANE_CHANNELS][SUMS] = {};
    if (blockIdx.x < strips) {
        stage_kernel<P>(p.values + LENET_CONV2_KERNEL_AT, kernel, delta);
    }
    for (uint32_t at = blockIdx.x; at < strips; at += gridDim.x) {
        const uint32_t i = at / strip::STRIPS;
        const int in_sample = static_cast<int>(at % strip::STRIPS);
        /* In flight while the rest is staged. */
        const conv1_filter filter = load_conv1_filter(p.values + LENET_CONV1_KERNEL_AT, lane);
        __syncthreads();
        stage_image<strip::IMAGE_ROWS>(image, batch.images, sample_at(batch, range, i),
                                       strip::DELTA_ROWS * in_sample,
                                       static_cast<int>(threadIdx.x));
        make_delta<P>(a, i, in_sample, scale, delta);
        __syncthreads();
        make_gates<P>(gates, image, filter, warp, lane);
        float back[2][strip::TILES][4] = {};
        if constexpr (P == ENGINE_FP32) {
            multiply_fp32(kernel, delta, own, lane, back);
        } else {
            multiply_mma<P>(kernel, delta, own, lane, back);
        }
        __syncthreads();
        add_image_products<P>(image, gates, own, lane, back, sums);
    }
    float *slot = p.conv1_slots + static_cast<size_t>(blockIdx.x) * CONV1_PARAMETERS;
    write_slot(parts, slot, batch.micro_index == 0, warp, lane, sums);
}

} // namespace

cudaError_t prepare_conv1_weights()
{
    return first_error(
        {raise_shared_limit(conv1_weights<ENGINE_FP32>, shared_bytes<ENGINE_FP32>()),
         raise_shared_limit(conv1_weights<ENGINE_TF32>, shared_bytes<ENGINE_TF32>()),
         raise_shared_limit(conv1_weights<ENGINE_BF16>, shared_bytes<ENGINE_BF16>())});
}

extern "C" cudaError_t cuda_conv1_weights(const cuda_batch *batch, const cuda_activations *a,
                                          const cuda_parameters *p, engine_precision precision,
                                          cudaStream_t stream)
{
    const size_t bytes =
        precision == ENGINE_BF16 ? shared_bytes<ENGINE_BF16>() : shared_bytes<ENGINE_FP32>();
    return LAUNCH_PRECISION(precision, conv1_weights, dim3(CUDA_CONV_SLOTS), dim3(CONV_THREADS),
                            bytes, stream, *batch, *a, *p);
}
