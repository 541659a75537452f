/* conv2 of a band as a matrix product, for conv_forward.cu: where conv1's output and conv2's kernel
 * lie in shared memory, and which warp multiplies what.
 *
 * mma (tf32, bf16): warp = (group of 8 windows, 32 channels, half of the K of each tap). The two
 * tiles of 16 rows are the upper and the lower pixels of 8 windows; the halves of K are added
 * through shared memory. Shared memory is laid out so that all accesses are 8 or 16 bytes wide and
 * free of bank conflicts: words of K (a tf32 value or a pair of bf16) are in the order in which a
 * lane needs them, pixels of even columns are apart from odd ones, and the quads of conv2's kernel
 * are permuted by row.
 * fp32: thread = one window by 4 channels, 16 products for every 2 vector loads. */
#ifndef KERNELS_CUDA_CONV2_PRODUCTS_CUH
#define KERNELS_CUDA_CONV2_PRODUCTS_CUH

#include "lenet_device.cuh"

namespace conv2_products
{

enum {
    CONV1_ROWS = 6,                        /* of a band */
    SLOTS = CONV1_ROWS * LENET_CONV1_SIDE, /* pixels of conv1 in a band */
    HALF_SIDE = LENET_CONV1_SIDE / 2,
    FP32_PIXEL = LENET_CONV1_CHANNELS + 4, /* floats from pixel to pixel, in different banks */
    EXCHANGE = CONV_WARPS * 16 * LANES,    /* floats, where conv1's rows lie as well */
};

/* A word is a tf32 value or a pair of bf16. A plane holds eight words of K, one step of mma, of all
 * pixels. */
enum { PLANE_WORDS = 8, PLANE = SLOTS * PLANE_WORDS + PLANE_WORDS /* planes are 8 banks apart */ };

template <engine_precision P> struct words_of {
    enum {
        PIXEL = P == ENGINE_BF16 ? LENET_CONV1_CHANNELS / 2 : LENET_CONV1_CHANNELS,
        PLANES = PIXEL / PLANE_WORDS,
        STEPS = PLANES / 2,                        /* of a tap in half of its K */
        KERNEL = PIXEL * 9 * LENET_CONV2_CHANNELS, /* of conv2's whole kernel */
    };
};

static_assert(+SLOTS * +FP32_PIXEL <= +EXCHANGE &&
                  words_of<ENGINE_TF32>::PLANES * +PLANE <= +EXCHANGE,
              "conv1's rows fit where the halves of K are exchanged");

/* Where pixel (y, x) of conv1 lies: even columns of a row, then odd ones, so that the pixels of
 * neighbouring windows are neighbours. */
__device__ __forceinline__ int pixel_slot(int y, int x)
{
    return (2 * y + (x & 1)) * HALF_SIDE + (x >> 1);
}

/* The same for pixel (i, j) of a window and a tap, from the window's first slot. */
__device__ __forceinline__ int tap_slot(int i, int j, int dy, int dx)
{
    return (i + dy) * LENET_CONV1_SIDE + ((j + dx) & 1) * HALF_SIDE + (j + dx) / 2;
}

/* First slot of a window of the band. */
__device__ __forceinline__ int window_slot(int window)
{
    return window / LENET_POOL_SIDE * 2 * LENET_CONV1_SIDE + window % LENET_POOL_SIDE;
}

/* conv2's kernel [288,64] in shared memory: tf32 [288][64] words, bf16 [144][64] words of two rows,
 * fp32 as it is. For mma the quads of row k lie at quad ^ (k % 4). */
template <engine_precision P>
__device__ __forceinline__ void stage_kernel(shared_span<uint32_t> to, const float *kernel)
{
    enum { ROWS = P == ENGINE_BF16 ? CONV2_ROWS / 2 : CONV2_ROWS };
#pragma unroll 4
    for (int i = threadIdx.x; i < ROWS * WINDOW_QUADS; i += CONV_THREADS) {
        const int row = i / WINDOW_QUADS;
        const int quad = i % WINDOW_QUADS;
        uint4 words;
        int at = row * WINDOW_QUADS + quad;
        if (P == ENGINE_BF16) {
            const float4 low = load_global4(kernel + (2 * row * WINDOW_QUADS + quad) * 4);
            const float4 high = load_global4(kernel + ((2 * row + 1) * WINDOW_QUADS + quad) * 4);
            words = uint4{pack_bf16(low.x, high.x), pack_bf16(low.y, high.y),
                          pack_bf16(low.z, high.z), pack_bf16(low.w, high.w)};
            at ^= row & 3;
        } else {
            const float4 from = load_global4(kernel + at * 4);
            if (P == ENGINE_TF32) {
                words = uint4{to_tf32(from.x), to_tf32(from.y), to_tf32(from.z), to_tf32(from.w)};
                at ^= row & 3;
            } else {
                words = uint4{__float_as_uint(from.x), __float_as_uint(from.y),
                              __float_as_uint(from.z), __float_as_uint(from.w)};
            }
        }
        store4(to, at * 4, words);
    }
}

/* conv1's rows of the band, lane = channel, warps over the columns. */
template <engine_precision P>
__device__ __forceinline__ void make_conv1(shared_span<uint32_t> tile, shared_span<float> image,
                                           shared_span<float> conv1, int warp, int lane)
{
    const conv1_filter filter = load_conv1_filter(conv1, lane);
    /* The word's place: lane t of four needs words t and t + 4 of a plane together. */
    const int word = P == ENGINE_BF16 ? lane / 2 : lane;
    const int place = word / PLANE_WORDS * PLANE + word % 4 * 2 + word % PLANE_WORDS / 4;
    for (int x = warp; x < LENET_CONV1_SIDE; x += CONV_WARPS) {
        float out[CONV1_ROWS];
        conv1_column(image, filter, x, out);
#pragma unroll
        for (int y = 0; y < CONV1_ROWS; y++) {
            const int slot = pixel_slot(y, x);
            if (P == ENGINE_FP32) {
                tile[slot * FP32_PIXEL + lane] = __float_as_uint(out[y]);
            } else if (P == ENGINE_TF32) {
                tile[slot * PLANE_WORDS + place] = to_tf32(out[y]);
            } else {
                const float next = __shfl_xor_sync(0xffffffffu, out[y], 1);
                if (lane % 2 == 0) {
                    tile[slot * PLANE_WORDS + place] = pack_bf16(out[y], next);
                }
            }
        }
    }
}

/* A thread's part of a band: a window's four pixels by four channels. */
struct window_sums {
    int window;
    int quad;
    float value[4][4]; /* [2 row + column][channel] */
};

__device__ __forceinline__ void multiply_fp32(shared_span<uint32_t> kernel,
                                              shared_span<uint32_t> tile, int warp, int lane,
                                              window_sums &sums)
{
    sums.window = warp / 2 * 4 + lane / 8;
    sums.quad = warp % 2 * 8 + lane % 8;
    const int slot = window_slot(sums.window);
#pragma unroll
    for (int p = 0; p < 4; p++) {
#pragma unroll
        for (int c = 0; c < 4; c++) {
            sums.value[p][c] = 0;
        }
    }
#pragma unroll 1
    for (int dy = 0; dy < 3; dy++) {
#pragma unroll
        for (int dx = 0; dx < 3; dx++) {
#pragma unroll 2
            for (int c4 = 0; c4 < LENET_CONV1_CHANNELS; c4 += 4) {
                const int row = (3 * dy + dx) * LENET_CONV1_CHANNELS + c4;
                float pixel[4][4];
#pragma unroll
                for (int p = 0; p < 4; p++) {
                    const uint4 four =
                        load4(tile, (slot + tap_slot(p / 2, p % 2, dy, dx)) * FP32_PIXEL + c4);
                    pixel[p][0] = __uint_as_float(four.x);
                    pixel[p][1] = __uint_as_float(four.y);
                    pixel[p][2] = __uint_as_float(four.z);
                    pixel[p][3] = __uint_as_float(four.w);
                }
#pragma unroll
                for (int c = 0; c < 4; c++) {
                    const uint4 weight =
                        load4(kernel, (row + c) * LENET_CONV2_CHANNELS + 4 * sums.quad);
#pragma unroll
                    for (int p = 0; p < 4; p++) {
                        float(&to)[4] = sums.value[p];
                        to[0] = fmaf(pixel[p][c], __uint_as_float(weight.x), to[0]);
                        to[1] = fmaf(pixel[p][c], __uint_as_float(weight.y), to[1]);
                        to[2] = fmaf(pixel[p][c], __uint_as_float(weight.z), to[2]);
                        to[3] = fmaf(pixel[p][c], __uint_as_float(weight.w), to[3]);
                    }
                }
            }
        }
    }
}

template <engine_precision P>
__device__ __forceinline__ void multiply_step(float (&d)[4], const uint32_t (&a)[4],
                                              const uint32_t (&b)[2])
{
    if (P == ENGINE_BF16) {
        mma_bf16_16x8x16(d, a, b);
    } else {
        mma_tf32_16x8x8(d, a, b);
    }
}

/* sums[row of the window][tile of 8 channels]; a lane ends with quads t and t + 4 of the warp's
 * channels (quad_of_column). */
template <engine_precision P>
__device__ __forceinline__ void
multiply_half(shared_span<uint32_t> kernel, shared_span<uint32_t> tile, int first_slot,
              int channel_half, int k_half, int lane, float (&sums)[2][4][4])
{
    typedef words_of<P> words;
    const int group = lane / 4;
    const int member = lane % 4;
    const int quad = (8 * channel_half + quad_of_column(group)) ^ member;
    const shared_span<uint32_t> pixels =
        tile + (k_half * words::STEPS * PLANE + first_slot * PLANE_WORDS + 2 * member);
    const shared_span<uint32_t> weights =
        kernel + ((k_half * words::STEPS * PLANE_WORDS + member) * LENET_CONV2_CHANNELS + 4 * quad);
#pragma unroll 1
    for (int dy = 0; dy < 3; dy++) {
#pragma unroll 1
        for (int dx = 0; dx < 3; dx++) {
#pragma unroll
            for (int step = 0; step < words::STEPS; step++) {
                const int row = (3 * dy + dx) * words::PIXEL + step * PLANE_WORDS;
                const uint4 low = load4(weights, row * LENET_CONV2_CHANNELS);
                const uint4 high = load4(weights, (row + 4) * LENET_CONV2_CHANNELS);
                const uint32_t b[4][2] = {
                    {low.x, high.x}, {low.y, high.y}, {low.z, high.z}, {low.w, high.w}};
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    const uint2 left =
                        load2(pixels, step * PLANE + tap_slot(i, 0, dy, dx) * PLANE_WORDS);
                    const uint2 right =
                        load2(pixels, step * PLANE + tap_slot(i, 1, dy, dx) * PLANE_WORDS);
                    const uint32_t a[4] = {left.x, right.x, left.y, right.y};
#pragma unroll
                    for (int j = 0; j < 4; j++) {
                        multiply_step<P>(sums[i][j], a, b[j]);
                    }
                }
            }
        }
    }
}

/* Product by mma and the exchange between the halves of K, through `exchange`, which lies where
 * the tile does. */
template <engine_precision P>
__device__ __forceinline__ void
multiply_mma(shared_span<uint32_t> kernel, shared_span<uint32_t> tile, shared_span<float> exchange,
             int warp, int lane, window_sums &sums)
{
    const int k_half = warp % 2;
    const int channel_half = warp / 2 % 2;
    sums.window = warp / 4 * 8 + lane / 4;
    sums.quad = 8 * channel_half + 4 * k_half + lane % 4;

    float own[2][4][4] = {};
    multiply_half<P>(kernel, tile, window_slot(sums.window), channel_half, k_half, lane, own);
    __syncthreads();
    /* This warp keeps the quad of its own half's number and sends the other one. */
#pragma unroll
    for (int p = 0; p < 4; p++) {
        float send[4];
#pragma unroll
        for (int j = 0; j < 4; j++) {
            const float(&d)[4] = own[p / 2][j];
            send[j] = k_half == 0 ? d[2 * (p % 2) + 1] : d[2 * (p % 2)];
            sums.value[p][j] = k_half == 0 ? d[2 * (p % 2)] : d[2 * (p % 2) + 1];
        }
        store4(exchange, ((warp * 4 + p) * LANES + lane) * 4,
               float4{send[0], send[1], send[2], send[3]});
    }
    __syncthreads();
#pragma unroll
    for (int p = 0; p < 4; p++) {
        const float4 other = load4(exchange, (((warp ^ 1) * 4 + p) * LANES + lane) * 4);
        sums.value[p][0] += other.x;
        sums.value[p][1] += other.y;
        sums.value[p][2] += other.z;
        sums.value[p][3] += other.w;
    }
}

} // namespace conv2_products

#endif
