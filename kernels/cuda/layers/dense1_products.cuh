/* The two products of dense1's backward pass over one chunk of samples, for dense1_backward.cu: the
 * inputs' gradient from the weights that a lane holds, and the kernel's gradient in the same
 * places, from the chunk's inputs in shared memory. Lane (g, t) = (lane / 4, lane % 4). */
#ifndef KERNELS_CUDA_DENSE1_PRODUCTS_CUH
#define KERNELS_CUDA_DENSE1_PRODUCTS_CUH

#include "lenet_device.cuh"

namespace dense1_products
{

enum {
    THREADS = 128,
    WARPS = THREADS / LANES,
    ROWS = 16,                      /* of the kernel, of a block */
    COLUMNS = LENET_DENSE1 / WARPS, /* of a warp */
    HALF = COLUMNS / 2,             /* from a lane's first four columns to its other four */
    CHUNK = 32,                     /* samples */
    INPUT_ROW = ROWS + 8,           /* words from sample to sample, in different banks */
};

/* A lane's part of the kernel: rows g and g + 8, and in each of them quads t and t + 4 of the
 * warp's columns (quad_of_column). */
struct lane_values {
    float value[2][8];
};

/* Four columns of a sample's preactivation_gradient, or zeros where there is no sample. */
__device__ __forceinline__ float4 load_gradient(const float *preactivation_gradient,
                                                uint32_t sample, uint32_t n, int column)
{
    if (sample >= n) {
        return float4{0, 0, 0, 0};
    }
    return load_global4(preactivation_gradient + static_cast<size_t>(sample) * LENET_DENSE1 +
                        column);
}

__device__ __forceinline__ float4 load_inputs(const float *pooled, uint32_t sample, uint32_t n,
                                              int row)
{
    if (sample >= n) {
        return float4{0, 0, 0, 0};
    }
    return load_global4(pooled + static_cast<size_t>(sample) * LENET_FLAT + row);
}

/* The chunk's inputs [32][16]: fp32 and tf32 a word a sample, bf16 [16][16] a pair of samples. */
template <engine_precision P>
__device__ __forceinline__ void stage_inputs(const float *pooled, uint32_t first, uint32_t n,
                                             int row, shared_span<uint32_t> inputs)
{
    enum { WORD_ROWS = P == ENGINE_BF16 ? CHUNK / 2 : CHUNK };
    for (int i = static_cast<int>(threadIdx.x); i < WORD_ROWS * (ROWS / 4); i += THREADS) {
        const int line = i / (ROWS / 4);
        const int quad = i % (ROWS / 4) * 4;
        uint4 words;
        if (P == ENGINE_BF16) {
            const uint32_t sample = first + 2 * static_cast<uint32_t>(line);
            const float4 low = load_inputs(pooled, sample, n, row + quad);
            const float4 high = load_inputs(pooled, sample + 1, n, row + quad);
            words = uint4{pack_bf16(low.x, high.x), pack_bf16(low.y, high.y),
                          pack_bf16(low.z, high.z), pack_bf16(low.w, high.w)};
        } else {
            const float4 from =
                load_inputs(pooled, first + static_cast<uint32_t>(line), n, row + quad);
            words = P == ENGINE_TF32
                        ? uint4{to_tf32(from.x), to_tf32(from.y), to_tf32(from.z), to_tf32(from.w)}
                        : uint4{__float_as_uint(from.x), __float_as_uint(from.y),
                                __float_as_uint(from.z), __float_as_uint(from.w)};
        }
        store4(inputs, line * INPUT_ROW + quad, words);
    }
}

/* d[16 samples][tile of 8 rows] of the inputs' gradient over the warp's 32 columns; low and high
 * are the lane's columns of samples g and g + 8. */
template <engine_precision P>
__device__ __forceinline__ void multiply_back(const float (&low)[8], const float (&high)[8],
                                              const lane_values &weight, float (&d)[2][4])
{
    if (P == ENGINE_BF16) {
#pragma unroll
        for (int c = 0; c < 8; c += 4) {
            const uint32_t a[4] = {pack_bf16(low[c], low[c + 1]), pack_bf16(high[c], high[c + 1]),
                                   pack_bf16(low[c + 2], low[c + 3]),
                                   pack_bf16(high[c + 2], high[c + 3])};
#pragma unroll
            for (int r = 0; r < 2; r++) {
                const float(&w)[8] = weight.value[r];
                const uint32_t b[2] = {pack_bf16(w[c], w[c + 1]), pack_bf16(w[c + 2], w[c + 3])};
                mma_bf16_16x8x16(d[r], a, b);
            }
        }
    } else {
#pragma unroll
        for (int c = 0; c < 8; c += 2) {
            const uint32_t a[4] = {to_tf32(low[c]), to_tf32(high[c]), to_tf32(low[c + 1]),
                                   to_tf32(high[c + 1])};
#pragma unroll
            for (int r = 0; r < 2; r++) {
                const uint32_t b[2] = {to_tf32(weight.value[r][c]),
                                       to_tf32(weight.value[r][c + 1])};
                mma_tf32_16x8x8(d[r], a, b);
            }
        }
    }
}

/* The inputs' gradient over the warp's columns of `tiles` times 16 samples, to
 * parts[sample][16 rows]. `column` is the lane's first. */
template <engine_precision P>
__device__ __forceinline__ void back_mma(const float *preactivation_gradient, uint32_t first,
                                         uint32_t n, int tiles, int column, int lane,
                                         const lane_values &weight, shared_span<float> parts)
{
#pragma unroll 1
    for (int tile = 0; tile < tiles; tile++) {
        const int sample = 16 * tile + lane / 4;
        float value[2][8];
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const uint32_t at = first + static_cast<uint32_t>(sample + 8 * half);
#pragma unroll
            for (int side = 0; side < 2; side++) {
                const float4 four =
                    load_gradient(preactivation_gradient, at, n, column + side * HALF);
                float *const to = &value[half][4 * side];
                to[0] = four.x;
                to[1] = four.y;
                to[2] = four.z;
                to[3] = four.w;
            }
        }
        float d[2][4] = {};
        multiply_back<P>(value[0], value[1], weight, d);
#pragma unroll
        for (int r = 0; r < 2; r++) {
            const int to = sample * INPUT_ROW + 8 * r + 2 * (lane % 4);
            store2(parts, to, float2{d[r][0], d[r][1]});
            store2(parts, to + 8 * INPUT_ROW, float2{d[r][2], d[r][3]});
        }
    }
}

/* The kernel's gradient over one chunk: sums[j] is tile j's (quad_of_column). `column` is the first
 * of group g's quad. */
template <engine_precision P>
__device__ __forceinline__ void weights_mma(const float *preactivation_gradient, uint32_t first,
                                            uint32_t n, int count, int column, int lane,
                                            shared_span<uint32_t> inputs, float (&sums)[4][4])
{
    enum { STEP = P == ENGINE_BF16 ? 16 : 8 };
    const int group = lane / 4;
    const int member = lane % 4;
#pragma unroll 1
    for (int s = 0; s < count; s += STEP) {
        const int line = (P == ENGINE_BF16 ? s / 2 : s) + member;
        const uint32_t a[4] = {
            inputs[line * INPUT_ROW + group], inputs[line * INPUT_ROW + group + 8],
            inputs[(line + 4) * INPUT_ROW + group], inputs[(line + 4) * INPUT_ROW + group + 8]};
        uint32_t b[4][2];
        if (P == ENGINE_BF16) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                const uint32_t at = first + static_cast<uint32_t>(s + 2 * member + 8 * half);
                const float4 even = load_gradient(preactivation_gradient, at, n, column);
                const float4 odd = load_gradient(preactivation_gradient, at + 1, n, column);
                b[0][half] = pack_bf16(even.x, odd.x);
                b[1][half] = pack_bf16(even.y, odd.y);
                b[2][half] = pack_bf16(even.z, odd.z);
                b[3][half] = pack_bf16(even.w, odd.w);
            }
        } else {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                const uint32_t at = first + static_cast<uint32_t>(s + member + 4 * half);
                const float4 four = load_gradient(preactivation_gradient, at, n, column);
                b[0][half] = to_tf32(four.x);
                b[1][half] = to_tf32(four.y);
                b[2][half] = to_tf32(four.z);
                b[3][half] = to_tf32(four.w);
            }
        }
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (P == ENGINE_BF16) {
                mma_bf16_16x8x16(sums[j], a, b[j]);
            } else {
                mma_tf32_16x8x8(sums[j], a, b[j]);
            }
        }
    }
}

/* Both products over one chunk, sample by sample, in the same places. */
template <bool BACK>
__device__ __forceinline__ void
multiply_fp32(const float *preactivation_gradient, uint32_t first, int count, int column, int lane,
              const lane_values &weight, shared_span<uint32_t> inputs, float (&sums)[4][4],
              shared_span<float> parts)
{
    const int group = lane / 4;
#pragma unroll 2
    for (int s = 0; s < count; s++) {
        const float *from = preactivation_gradient +
                            static_cast<size_t>(first + static_cast<uint32_t>(s)) * LENET_DENSE1;
        const float4 low = load_global4(from + column);
        const float4 high = load_global4(from + column + HALF);
        const float gradient[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
        float back[2] = {0, 0};
#pragma unroll
        for (int r = 0; r < 2; r++) {
            const float input = __uint_as_float(inputs[s * INPUT_ROW + group + 8 * r]);
#pragma unroll
            for (int c = 0; c < 8; c++) {
                float &to = sums[c % 4][2 * r + c / 4];
                to = fmaf(input, gradient[c], to);
                back[r] = fmaf(weight.value[r][c], gradient[c], back[r]);
            }
            if (BACK) {
                back[r] += __shfl_xor_sync(0xffffffffu, back[r], 1);
                back[r] += __shfl_xor_sync(0xffffffffu, back[r], 2);
            }
        }
        if (BACK && lane % 4 == 0) {
            parts[s * INPUT_ROW + group] = back[0];
            parts[s * INPUT_ROW + group + 8] = back[1];
        }
    }
}

} // namespace dense1_products

#endif
