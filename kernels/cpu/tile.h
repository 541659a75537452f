/* The register tile of every dense product here: C[rows, vectors * VEC] = A B (+ start).
 *
 * A's element (r, k) is broadcast from a[r * row_stride + k * k_stride], so A may be stored
 * either way round and its rows may overlap, which is what makes a convolution a product without
 * copying patches. B's row k is read from b[k * b_stride]. K is walked as `segments` runs of `k`
 * each, A moving by segment_stride from run to run: the rows of a convolution's kernel.
 * Every element of C is one chain of additions over k in ascending order, whatever the tile, so
 * results do not depend on how a product is cut into tiles. */
#ifndef KERNELS_CPU_TILE_H
#define KERNELS_CPU_TILE_H

#include <stddef.h>

#include "vec.h"

/* The largest tile, and the rows that go with a width in vectors: they fill the register file
 * (32 registers for AVX-512, else 16) and divide 96 and 24. */
#if defined(CPU_ISA_AVX512)
enum { TILE_VECTORS = 4, TILE_MAX_ROWS = 24 };
enum { TILE_ROWS_1 = 24, TILE_ROWS_2 = 12, TILE_ROWS_3 = 8, TILE_ROWS_4 = 6 };
enum { TILE_ROWS = TILE_ROWS_4 };
#else
enum { TILE_VECTORS = 2, TILE_MAX_ROWS = 12 };
enum { TILE_ROWS_1 = 12, TILE_ROWS_2 = 6 };
enum { TILE_ROWS = TILE_ROWS_2 };
#endif

typedef struct tile_product {
    size_t k;
    size_t segments;
    ptrdiff_t segment_stride;
    ptrdiff_t row_stride;
    ptrdiff_t k_stride;
    ptrdiff_t b_stride;
    ptrdiff_t c_stride;
} tile_product;

/* `rows` and `vectors` must be constants. `start` [vectors * VEC] is added to every row; NULL
 * for zero. */
VEC_INLINE void tile(const int rows, const int vectors, const tile_product *p, const float *a,
                     const float *b, const float *start, float *c)
{
    vec sum[TILE_MAX_ROWS][TILE_VECTORS];
    VEC_UNROLL
    for (int r = 0; r < rows; r++) {
        VEC_UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[r][v] = start == NULL ? vec_all(0) : vec_load(start + v * VEC);
        }
    }
    const ptrdiff_t row_stride = p->row_stride;
    const ptrdiff_t k_stride = p->k_stride;
    const ptrdiff_t b_stride = p->b_stride;
    for (size_t segment = 0; segment < p->segments; segment++) {
        const float *at = a + (ptrdiff_t)segment * p->segment_stride;
        for (size_t k = p->k; k > 0; k--) {
            vec row[TILE_VECTORS];
            VEC_UNROLL
            for (int v = 0; v < vectors; v++) {
                row[v] = vec_load(b + v * VEC);
            }
            VEC_UNROLL
            for (int r = 0; r < rows; r++) {
                const vec left = vec_all(at[r * row_stride]);
                VEC_UNROLL
                for (int v = 0; v < vectors; v++) {
                    sum[r][v] = vec_fma(left, row[v], sum[r][v]);
                }
            }
            at += k_stride;
            b += b_stride;
        }
    }
    VEC_UNROLL
    for (int r = 0; r < rows; r++) {
        VEC_UNROLL
        for (int v = 0; v < vectors; v++) {
            vec_store(c + r * p->c_stride + v * VEC, sum[r][v]);
        }
    }
}

#endif
