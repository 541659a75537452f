/* Conv2D 64 3x3 over 32 channels, backward through ReLU, 2x2 max pooling and dropout.
 *
 * Of the output gradient only about 6 to 10 % is nonzero (at most 18.75 %, since pooling passes it
 * to one position in four and dropout drops a quarter). Both gradients are sums over those entries
 * alone; each entry touches one patch, 3 rows of 96 contiguous floats. The skipped terms are exact
 * zeros. Bound: the loads, one for each multiply-add. */
#include "layers.h"

enum {
    CHANNELS = LENET_CONV2_CHANNELS,
    IN_CHANNELS = LENET_CONV1_CHANNELS,
    IN_ROW = LENET_CONV1_SIDE * IN_CHANNELS,     /* floats from row to row of conv1 */
    PATCH_ROW = LENET_KERNEL_SIDE * IN_CHANNELS, /* 96: the floats of a patch in one such row */
};

/* A patch is processed in passes that fill the registers. Each pass is a part of one row of the
 * patch, or all three rows. */
#if defined(CPU_ISA_AVX512)
enum { PASS = CPU_PATCH };
#elif defined(CPU_ISA_AVX2)
enum { PASS = PATCH_ROW };
#else
enum { PASS = PATCH_ROW / 2 };
#endif
enum { PASS_VECTORS = PASS / VEC };

/* The offset of float `i` of a patch from the patch's first float in conv1. */
VEC_INLINE int patch_float(int i)
{
    return i / PATCH_ROW * IN_ROW + i % PATCH_ROW;
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

/* Prefetches this position's share of conv1, which has left the inner caches since the forward
 * pass. It is read once all positions have been listed. */
VEC_INLINE void prefetch_share(const float *conv1, int position)
{
    enum { LINE = 16 }; /* floats of a cache line */
    enum { SHARE = (LENET_CONV1_FLOATS / CPU_POSITIONS / LINE + 1) * LINE };
    const int begin = position * SHARE;
    for (int i = begin; i < begin + SHARE && i < LENET_CONV1_FLOATS; i += LINE) {
        __builtin_prefetch(conv1 + i, 0, 2);
    }
}

void CPU_NAME(conv2_backward)(const float *conv1, const float *kernel_transposed,
                              const float *pooled_gradient, const uint8_t *argmax, bool dropout,
                              struct cpu_entry (*entries)[CPU_POSITIONS], cpu_conv_gradients *sums,
                              float *conv1_gradient)
{
    const float scale = dropout ? 256.0f / (256 - LENET_DROPOUT1_RATE_256) : 1.0f;
    int entry_count[CHANNELS] = {0};
    memset(conv1_gradient, 0, LENET_CONV1_FLOATS * sizeof *conv1_gradient);

    for (int position = 0; position < CPU_POSITIONS; position++) {
        prefetch_share(conv1, position);
        const int y = 2 * (position / LENET_POOL_SIDE);
        const int x = 2 * (position % LENET_POOL_SIDE);
        for (int way = 0; way < 4; way++) {
            const uint32_t patch = (uint32_t)((y + way / 2) * IN_ROW + (x + way % 2) * IN_CHANNELS);
            uint8_t channel[CHANNELS];
            float gradient[CHANNELS];
            int count = 0;
            uint64_t set = vec_bytes_equal(argmax + position * CHANNELS, (uint8_t)way);
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
