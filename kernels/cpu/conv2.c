/* Conv2D 64 3x3 over 32 channels, with ReLU and 2x2 max pooling.
 *
 * Forward: a blocked matrix product. A row of 24 output positions is a matrix whose rows, the
 * patches, overlap in memory (each 96 floats long for one row of the kernel, 32 floats apart), so
 * that nothing is copied. Bound: the multiply-add rate.
 *
 * Backward: of the output gradient only about 6 to 10 % is nonzero (at most 18.75 %, since pooling
 * passes it to one position in four and dropout drops a quarter). Both gradients are sums over
 * those entries alone; each entry touches one patch, 3 rows of 96 contiguous floats. The sums left
 * out are of exact zeros. Bound: the loads, one for each multiply-add. */
#include "layers.h"
#include "tile.h"

enum {
    SIDE = LENET_CONV2_SIDE,
    CHANNELS = LENET_CONV2_CHANNELS,
    IN_CHANNELS = LENET_CONV1_CHANNELS,
    IN_ROW = LENET_CONV1_SIDE * IN_CHANNELS,     /* floats from row to row of conv1 */
    PATCH_ROW = LENET_KERNEL_SIDE * IN_CHANNELS, /* 96: the floats of a patch in one such row */
};

/* A patch is worked on in passes that fill the registers; each is a part of one row of the patch,
 * or all three. */
#if defined(CPU_ISA_AVX512)
enum { PASS = CPU_PATCH };
#elif defined(CPU_ISA_AVX2)
enum { PASS = PATCH_ROW };
#else
enum { PASS = PATCH_ROW / 2 };
#endif
enum { PASS_VECTORS = PASS / VEC };

/* Where float `i` of a patch lies behind the patch's first float in conv1. */
VEC_INLINE int patch_float(int i)
{
    return i / PATCH_ROW * IN_ROW + i % PATCH_ROW;
}

/* out[24,64] = one row of outputs with bias, before ReLU. */
static void forward_row(const float *in, const float *kernel, const float *bias, float *out)
{
    const tile_product product = {
        .k = PATCH_ROW,
        .segments = LENET_KERNEL_SIDE,
        .segment_stride = IN_ROW,
        .row_stride = IN_CHANNELS,
        .k_stride = 1,
        .b_stride = CHANNELS,
        .c_stride = CHANNELS,
    };
    for (int x = 0; x < SIDE; x += TILE_ROWS) {
        for (int c = 0; c < CHANNELS; c += TILE_VECTORS * VEC) {
            tile(TILE_ROWS, TILE_VECTORS, &product, in + x * IN_CHANNELS, kernel + c, bias + c,
                 out + x * CHANNELS + c);
        }
    }
}

/* Pools two rows of outputs into one: pooled[12,64] and its routes. */
static void pool_rows(const float *rows, float *pooled, uint8_t *route)
{
    const int next[4] = {0, CHANNELS, SIDE * CHANNELS, SIDE * CHANNELS + CHANNELS};
    for (int x = 0; x < LENET_POOL_SIDE; x++) {
        for (int c = 0; c < CHANNELS; c += VEC) {
            const float *window = rows + 2 * x * CHANNELS + c;
            vec best = vec_load(window);
            vec_int at = {0};
            VEC_UNROLL
            for (int i = 1; i < 4; i++) {
                const vec value = vec_load(window + next[i]);
                const vec_int better = value > best;
                best = (vec)(((vec_int)value & better) | ((vec_int)best & ~better));
                at = ((at ^ i) & better) ^ at;
            }
            const vec_int open = best > vec_all(0);
            at = ((at ^ CPU_ROUTE_NONE) & ~open) ^ at;
            vec_store(pooled + x * CHANNELS + c, vec_where(open, best));
            const vec_byte narrow = __builtin_convertvector(at, vec_byte);
            memcpy(route + x * CHANNELS + c, &narrow, sizeof narrow);
        }
    }
}

void CPU_NAME(conv2_forward)(const float *conv1, const float *kernel, const float *bias,
                             float *rows, float *pooled, uint8_t *route)
{
    for (int y = 0; y < LENET_POOL_SIDE; y++) {
        forward_row(conv1 + 2 * y * IN_ROW, kernel, bias, rows);
        forward_row(conv1 + (2 * y + 1) * IN_ROW, kernel, bias, rows + SIDE * CHANNELS);
        pool_rows(rows, pooled, route);
        pooled += LENET_POOL_SIDE * CHANNELS;
        route += LENET_POOL_SIDE * CHANNELS;
    }
}

/* patch[3,3,32] (in place in the gradient of conv1) += sum over i of gradient[i]
 * kernel[channel[i]], the nonzero channels of one output position. */
static void spread_position(const float *kernel_transposed, const uint8_t *channel,
                            const float *gradient, int count, float *patch)
{
    for (int pass = 0; pass < CPU_PATCH; pass += PASS) {
        float *to = patch + patch_float(pass);
        const float *kernel = kernel_transposed + pass;
        vec sum[PASS_VECTORS];
        VEC_UNROLL
        for (int v = 0; v < PASS_VECTORS; v++) {
            sum[v] = vec_load(to + patch_float(v * VEC));
        }
        for (int i = 0; i < count; i++) {
            const vec left = vec_all(gradient[i]);
            const float *from = kernel + channel[i] * CPU_PATCH;
            VEC_UNROLL
            for (int v = 0; v < PASS_VECTORS; v++) {
                sum[v] = vec_fma(left, vec_load(from + v * VEC), sum[v]);
            }
        }
        VEC_UNROLL
        for (int v = 0; v < PASS_VECTORS; v++) {
            vec_store(to + patch_float(v * VEC), sum[v]);
        }
    }
}

/* kernel[3,3,32] += sum over the entries of gradient * patch: one channel's weight gradient. */
static void gather_channel(const float *conv1, const struct cpu_entry *entry, int count,
                           float *kernel)
{
    for (int pass = 0; pass < CPU_PATCH; pass += PASS) {
        const float *patches = conv1 + patch_float(pass);
        vec sum[PASS_VECTORS];
        VEC_UNROLL
        for (int v = 0; v < PASS_VECTORS; v++) {
            sum[v] = vec_load(kernel + pass + v * VEC);
        }
        for (int i = 0; i < count; i++) {
            const vec left = vec_all(entry[i].gradient);
            const float *patch = patches + entry[i].patch;
            VEC_UNROLL
            for (int v = 0; v < PASS_VECTORS; v++) {
                sum[v] = vec_fma(left, vec_load(patch + patch_float(v * VEC)), sum[v]);
            }
        }
        VEC_UNROLL
        for (int v = 0; v < PASS_VECTORS; v++) {
            vec_store(kernel + pass + v * VEC, sum[v]);
        }
    }
}

void CPU_NAME(conv2_backward)(const float *conv1, const float *kernel_transposed,
                              const float *pooled_gradient, const uint8_t *route,
                              struct cpu_entry (*entries)[CPU_POSITIONS], cpu_conv_gradients *sums,
                              float *conv1_gradient)
{
    const float scale = 256.0f / (256 - LENET_DROPOUT1_RATE_256);
    int entry_count[CHANNELS] = {0};
    memset(conv1_gradient, 0, LENET_CONV1_FLOATS * sizeof *conv1_gradient);

    for (int position = 0; position < CPU_POSITIONS; position++) {
        const int y = 2 * (position / LENET_POOL_SIDE);
        const int x = 2 * (position % LENET_POOL_SIDE);
        for (int way = 0; way < 4; way++) {
            const uint32_t patch = (uint32_t)((y + way / 2) * IN_ROW + (x + way % 2) * IN_CHANNELS);
            uint8_t channel[CHANNELS];
            float gradient[CHANNELS];
            int count = 0;
            uint64_t set = vec_bytes_equal(route + position * CHANNELS, (uint8_t)way);
            for (; set != 0; set &= set - 1) {
                const int c = __builtin_ctzll(set);
                const float g = pooled_gradient[position * CHANNELS + c] * scale;
                entries[c][entry_count[c]++] = (struct cpu_entry){patch, g};
                channel[count] = (uint8_t)c;
                gradient[count++] = g;
            }
            if (count > 0) {
                spread_position(kernel_transposed, channel, gradient, count,
                                conv1_gradient + patch);
            }
        }
    }
    for (int c = 0; c < CHANNELS; c++) {
        gather_channel(conv1, entries[c], entry_count[c], sums->conv2_kernel[c]);
        for (int i = 0; i < entry_count[c]; i++) {
            sums->conv2_bias[c] += entries[c][i].gradient;
        }
    }
}
