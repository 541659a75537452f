/* conv2's dense product, C[rows,64] = A[rows,32] B[32,64] with sums in fp32. It is the only product
 * whose factors may be bf16. `factor` is the type of a factor. One instruction multiplies STEP
 * neighbours along k: one float, or two bf16. A is row-major; B is stored in groups of STEP rows,
 * [32 / STEP][64][STEP].
 *
 * Every element of C is one chain of additions over k in a fixed order, so results do not depend on
 * the tiles. */
#ifndef KERNELS_CPU_PRODUCT_H
#define KERNELS_CPU_PRODUCT_H

#include <stddef.h>

#include "lenet.h"
#include "vec.h"

enum { PRODUCT_K = LENET_CONV1_CHANNELS, PRODUCT_COLUMNS = LENET_CONV2_CHANNELS };

#if defined(CPU_BF16)

#define PRODUCT_FACTORS bf16 /* the member of one of cpu_kernels.h's unions */
enum { STEP = 2 };
typedef uint16_t factor;
typedef __m512bh factor_vec;

/* The instructions round to nearest, ties to even. Subnormal numbers become 0, an error far below
 * any bound. */
VEC_INLINE void store_factors(factor *to, vec v)
{
    const __m256i rounded = (__m256i)_mm512_cvtneps_pbh((__m512)v);
    memcpy(to, &rounded, sizeof rounded);
}

/* VEC columns of STEP rows of B. */
VEC_INLINE void store_step(factor *to, const vec *rows)
{
    const __m512i even = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)rows[0]));
    const __m512i odd = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)rows[1]));
    const __m512i pairs = _mm512_or_si512(even, _mm512_slli_epi32(odd, 16));
    memcpy(to, &pairs, sizeof pairs);
}

VEC_INLINE factor_vec all_factors(const factor *step)
{
    int32_t pair;
    memcpy(&pair, step, sizeof pair);
    return (factor_vec)_mm512_set1_epi32(pair);
}

VEC_INLINE vec add_products(factor_vec a, factor_vec b, vec sum)
{
    return (vec)_mm512_dpbf16_ps((__m512)sum, a, b);
}

#else

#define PRODUCT_FACTORS fp32
enum { STEP = 1 };
typedef float factor;
typedef vec factor_vec;

VEC_INLINE void store_factors(factor *to, vec v)
{
    vec_store(to, v);
}

VEC_INLINE void store_step(factor *to, const vec *rows)
{
    vec_store(to, rows[0]);
}

VEC_INLINE factor_vec all_factors(const factor *step)
{
    return vec_all(*step);
}

VEC_INLINE vec add_products(factor_vec a, factor_vec b, vec sum)
{
    return vec_fma(a, b, sum);
}

#endif

/* The tile of C that fills the register file: 32 registers for AVX-512, else 16. */
#if defined(CPU_ISA_AVX512)
enum { TILE_VECTORS = 4 };
#else
enum { TILE_VECTORS = 2 };
#endif
enum { TILE_ROWS = 6, TILE_COLUMNS = TILE_VECTORS * VEC };

/* TILE_ROWS rows and TILE_COLUMNS columns of C from their rows of A and columns of B. */
VEC_INLINE void multiply_tile(const factor *a, const factor *b, float *c)
{
    vec sum[TILE_ROWS][TILE_VECTORS];
    VEC_UNROLL
    for (int i = 0; i < TILE_ROWS * TILE_VECTORS; i++) {
        sum[i / TILE_VECTORS][i % TILE_VECTORS] = vec_all(0);
    }
    for (int k = 0; k < PRODUCT_K; k += STEP) {
        factor_vec right[TILE_VECTORS];
        VEC_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++) {
            memcpy(&right[v], b + k * PRODUCT_COLUMNS + v * VEC * STEP, sizeof right[v]);
        }
        VEC_UNROLL
        for (int r = 0; r < TILE_ROWS; r++) {
            const factor_vec left = all_factors(a + r * PRODUCT_K + k);
            VEC_UNROLL
            for (int v = 0; v < TILE_VECTORS; v++) {
                sum[r][v] = add_products(left, right[v], sum[r][v]);
            }
        }
    }
    VEC_UNROLL
    for (int i = 0; i < TILE_ROWS * TILE_VECTORS; i++) {
        vec_store(c + i / TILE_VECTORS * PRODUCT_COLUMNS + i % TILE_VECTORS * VEC,
                  sum[i / TILE_VECTORS][i % TILE_VECTORS]);
    }
}

#endif
