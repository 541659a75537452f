/* Dense 128 over 9216 inputs, 98 % of the parameters: forward by splits of the inputs, backward by
 * blocks of them, so that a block's weights, gradient and moments stay in the cache from the
 * products to the update. At small batches the memory's bandwidth bounds both. */
#include "layers.h"
#include "tile.h"

enum { OUT = LENET_DENSE1, WIDE = TILE_VECTORS * VEC };

/* One column of tiles: `rows` rows of A against WIDE columns of B. */
static void tile_rows(const tile_product *product, uint32_t rows, const float *a, const float *b,
                      float *c)
{
    const ptrdiff_t a_row = product->row_stride;
    const ptrdiff_t c_row = product->c_stride;
    ptrdiff_t r = 0;
    for (; rows - r >= TILE_ROWS; r += TILE_ROWS) {
        tile(TILE_ROWS, TILE_VECTORS, product, a + r * a_row, b, NULL, c + r * c_row);
    }
    if (rows - r >= 4) {
        tile(4, TILE_VECTORS, product, a + r * a_row, b, NULL, c + r * c_row);
        r += 4;
    }
    if (rows - r >= 2) {
        tile(2, TILE_VECTORS, product, a + r * a_row, b, NULL, c + r * c_row);
        r += 2;
    }
    if (rows - r >= 1) {
        tile(1, TILE_VECTORS, product, a + r * a_row, b, NULL, c + r * c_row);
    }
}

void CPU_NAME(dense1_forward)(const float *pooled, uint32_t n, const float *kernel, unsigned split,
                              float *sums)
{
    const tile_product product = {
        .k = CPU_DENSE1_SPLIT,
        .segments = 1,
        .row_stride = CPU_POOL_STRIDE,
        .k_stride = 1,
        .b_stride = OUT,
        .c_stride = OUT,
    };
    const size_t first = (size_t)split * CPU_DENSE1_SPLIT;
    for (int column = 0; column < OUT; column += WIDE) {
        tile_rows(&product, n, pooled + first, kernel + first * OUT + column, sums + column);
    }
}

void CPU_NAME(dense1_kernel_gradient)(const float *pooled, const float *sums_gradient, uint32_t n,
                                      unsigned block, float *gradient)
{
    const tile_product product = {
        .k = n,
        .segments = 1,
        .row_stride = 1,
        .k_stride = CPU_POOL_STRIDE,
        .b_stride = OUT,
        .c_stride = OUT,
    };
    const float *inputs = pooled + (size_t)block * CPU_DENSE1_BLOCK;
    for (int column = 0; column < OUT; column += WIDE) {
        tile_rows(&product, CPU_DENSE1_BLOCK, inputs, sums_gradient + column, gradient + column);
    }
}

/* The kernel's block times `columns` samples (at most WIDE) of the transposed gradient. */
static void input_gradient_tiles(const tile_product *product, uint32_t columns, const float *kernel,
                                 const float *transposed, float *out)
{
    const uint32_t vectors = (columns + VEC - 1) / VEC;
    const ptrdiff_t a_row = product->row_stride;
    const ptrdiff_t c_row = product->c_stride;
#define ROWS_OF_TILES(rows, width)                                                                 \
    for (ptrdiff_t r = 0; r < CPU_DENSE1_BLOCK; r += (rows)) {                                     \
        tile((rows), (width), product, kernel + r * a_row, transposed, NULL, out + r * c_row);     \
    }
    if (vectors == 1) {
        ROWS_OF_TILES(TILE_ROWS_1, 1)
    } else if (vectors == 2) {
        ROWS_OF_TILES(TILE_ROWS_2, 2)
    }
#if defined(CPU_ISA_AVX512)
    else if (vectors == 3) {
        ROWS_OF_TILES(TILE_ROWS_3, 3)
    } else {
        ROWS_OF_TILES(TILE_ROWS_4, 4)
    }
#endif
#undef ROWS_OF_TILES
}

void CPU_NAME(dense1_input_gradient)(const float *kernel, const float *transposed, size_t stride,
                                     uint32_t n, unsigned block, float *scratch,
                                     float *pooled_gradient)
{
    const tile_product product = {
        .k = OUT,
        .segments = 1,
        .row_stride = OUT,
        .k_stride = 1,
        .b_stride = (ptrdiff_t)stride,
        .c_stride = WIDE,
    };
    const size_t first = (size_t)block * CPU_DENSE1_BLOCK;
    for (uint32_t sample = 0; sample < n; sample += WIDE) {
        const uint32_t columns = n - sample < WIDE ? n - sample : WIDE;
        input_gradient_tiles(&product, columns, kernel + first * OUT, transposed + sample, scratch);
        for (uint32_t i = 0; i < columns; i++) {
            float *to = pooled_gradient + (size_t)(sample + i) * CPU_POOL_STRIDE + first;
            for (int r = 0; r < CPU_DENSE1_BLOCK; r++) {
                to[r] = scratch[r * WIDE + (int)i];
            }
        }
    }
}
