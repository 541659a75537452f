/* Conv2D 64 3x3 over 32 channels, forward, with ReLU and 2x2 max pooling: Winograd's minimal
 * filtering F(2x2, 3x3) (Lavin and Gray, "Fast algorithms for convolutional neural networks",
 * CVPR 2016), whose tile of 2x2 outputs is a pooling window.
 *
 *   V = B^T d B of a window's 4x4 inputs d, by channel;  U = G g G^T of the 3x3 weights g
 *   M = the sum over the input channels of V U, point by point: 16 products instead of 36
 *   Y = A^T M A, the window's 2x2 outputs
 *
 *   B^T = 1  0 -1  0   G = 1    0    0     A^T = 1 1  1  0
 *         0  1  1  0       1/2  1/2  1/2         0 1 -1 -1
 *         0 -1  1  0       1/2 -1/2  1/2
 *         0  1  0 -1       0    0    1
 *
 * The transforms are additions (and exact halves), so a sum has about the rounding error of the
 * plain one. But where the plain sum over a blank patch is the bias exactly, Winograd's would be
 * off by rounding: with biases of 0 that opens gates and decides ties at random. So a patch that
 * sees no ink takes the sum that was computed for it beforehand, and a window that sees none is
 * not computed at all: about a third of MNIST's. Bound: the multiply-add rate. */
#include "layers.h"
#include "tile.h"

enum {
    SIDE = LENET_POOL_SIDE, /* windows a row */
    CHANNELS = LENET_CONV2_CHANNELS,
    IN_CHANNELS = LENET_CONV1_CHANNELS,
    IN_ROW = LENET_CONV1_SIDE * IN_CHANNELS, /* floats from row to row of conv1 */
    POINTS = CPU_WINOGRAD_POINTS,
    ALL_SEE_INK = 15,
};

/* U of one channel vector: weights [9], `stride` floats apart, to points [16], `to_stride` apart.
 */
VEC_INLINE void transform_weights(const float *weights, ptrdiff_t stride, float *to,
                                  ptrdiff_t to_stride)
{
    const vec half = vec_all(0.5f);
    vec column[4][3];
    VEC_UNROLL
    for (int x = 0; x < 3; x++) {
        const vec g0 = vec_load(weights + x * stride);
        const vec g1 = vec_load(weights + (3 + x) * stride);
        const vec g2 = vec_load(weights + (6 + x) * stride);
        column[0][x] = g0;
        column[1][x] = half * (g0 + g2 + g1);
        column[2][x] = half * (g0 + g2 - g1);
        column[3][x] = g2;
    }
    VEC_UNROLL
    for (int y = 0; y < 4; y++) {
        const vec *g = column[y];
        vec_store(to + (4 * y + 0) * to_stride, g[0]);
        vec_store(to + (4 * y + 1) * to_stride, half * (g[0] + g[2] + g[1]));
        vec_store(to + (4 * y + 2) * to_stride, half * (g[0] + g[2] - g[1]));
        vec_store(to + (4 * y + 3) * to_stride, g[2]);
    }
}

/* What a window without ink gives: conv1 is ReLU of its bias all over the patch. */
static void find_blank(const float *conv1_bias, const float *kernel, const float *bias,
                       cpu_conv2 *out)
{
    for (int c = 0; c < CHANNELS; c += VEC) {
        vec sum = vec_all(0);
        for (int i = 0; i < CPU_PATCH; i++) {
            const float input = conv1_bias[i % IN_CHANNELS];
            sum = vec_fma(vec_all(input > 0 ? input : 0), vec_load(kernel + i * CHANNELS + c), sum);
        }
        vec_store(out->blank_sum + c, sum);
        vec_store(out->blank_pooled + c, vec_relu(sum + vec_load(bias + c)));
    }
    for (int c = 0; c < CHANNELS; c++) {
        out->blank_route[c] = out->blank_pooled[c] > 0 ? 0 : CPU_ROUTE_NONE;
    }
}

void CPU_NAME(conv2_prepare)(const float *conv1_bias, const float *kernel, const float *bias,
                             cpu_conv2 *out)
{
    for (int i = 0; i < IN_CHANNELS; i++) {
        for (int c = 0; c < CHANNELS; c += VEC) {
            transform_weights(kernel + i * CHANNELS + c, IN_CHANNELS * CHANNELS,
                              &out->winograd[0][i][c], IN_CHANNELS * CHANNELS);
        }
    }
    find_blank(conv1_bias, kernel, bias, out);
}

/* V of the window whose inputs begin at `in`, as row `window` of each point's matrix. */
static void transform_inputs(const float *in, cpu_winograd_scratch *s, int window)
{
    for (int c = 0; c < IN_CHANNELS; c += VEC) {
        vec column[4][4];
        VEC_UNROLL
        for (int x = 0; x < 4; x++) {
            const float *at = in + x * IN_CHANNELS + c;
            const vec d0 = vec_load(at);
            const vec d1 = vec_load(at + IN_ROW);
            const vec d2 = vec_load(at + 2 * IN_ROW);
            const vec d3 = vec_load(at + 3 * IN_ROW);
            column[0][x] = d0 - d2;
            column[1][x] = d1 + d2;
            column[2][x] = d2 - d1;
            column[3][x] = d1 - d3;
        }
        VEC_UNROLL
        for (int y = 0; y < 4; y++) {
            const vec *d = column[y];
            vec_store(&s->inputs[4 * y + 0].row[window][c], d[0] - d[2]);
            vec_store(&s->inputs[4 * y + 1].row[window][c], d[1] + d[2]);
            vec_store(&s->inputs[4 * y + 2].row[window][c], d[2] - d[1]);
            vec_store(&s->inputs[4 * y + 3].row[window][c], d[1] - d[3]);
        }
    }
}

/* M of `windows` windows. The last tile of rows may reach over them, into rows of no meaning. */
static void multiply(const cpu_conv2 *weights, cpu_winograd_scratch *s, int windows)
{
    const tile_product product = {
        .k = IN_CHANNELS,
        .segments = 1,
        .row_stride = IN_CHANNELS,
        .k_stride = 1,
        .b_stride = CHANNELS,
        .c_stride = CHANNELS,
    };
    for (int point = 0; point < POINTS; point++) {
        for (int c = 0; c < CHANNELS; c += TILE_VECTORS * VEC) {
            for (int row = 0; row < windows; row += TILE_ROWS) {
                tile(TILE_ROWS, TILE_VECTORS, &product, s->inputs[point].row[row],
                     &weights->winograd[point][0][c], NULL, &s->sums[point].row[row][c]);
            }
        }
    }
}

/* Y of one window and channel vector, in row-major order. */
VEC_INLINE void transform_sums(const cpu_winograd_scratch *s, int window, int c, vec *y)
{
    vec row[2][4];
    VEC_UNROLL
    for (int x = 0; x < 4; x++) {
        const vec m0 = vec_load(&s->sums[x].row[window][c]);
        const vec m1 = vec_load(&s->sums[4 + x].row[window][c]);
        const vec m2 = vec_load(&s->sums[8 + x].row[window][c]);
        const vec m3 = vec_load(&s->sums[12 + x].row[window][c]);
        row[0][x] = m0 + (m1 + m2);
        row[1][x] = (m1 - m2) - m3;
    }
    VEC_UNROLL
    for (int r = 0; r < 2; r++) {
        y[2 * r] = row[r][0] + (row[r][1] + row[r][2]);
        y[2 * r + 1] = (row[r][1] - row[r][2]) - row[r][3];
    }
}

/* A window's largest sum of one channel vector to pooled and route. */
VEC_INLINE void pool_window(const vec *y, const float *bias, float *pooled, uint8_t *route)
{
    vec best = y[0];
    vec_int at = {0};
    VEC_UNROLL
    for (int i = 1; i < 4; i++) {
        const vec_int better = y[i] > best;
        best = (vec)(((vec_int)y[i] & better) | ((vec_int)best & ~better));
        at = ((at ^ i) & better) ^ at;
    }
    best += vec_load(bias);
    const vec_int open = best > vec_all(0);
    at = ((at ^ CPU_ROUTE_NONE) & ~open) ^ at;
    vec_store(pooled, vec_where(open, best));
    const vec_byte narrow = __builtin_convertvector(at, vec_byte);
    memcpy(route, &narrow, sizeof narrow);
}

/* Row `window` of the sums, of which the outputs of `seen` see ink. */
static void finish_window(const cpu_conv2 *weights, const float *bias,
                          const cpu_winograd_scratch *s, int window, unsigned seen, float *pooled,
                          uint8_t *route)
{
    for (int c = 0; c < CHANNELS; c += VEC) {
        vec y[4];
        transform_sums(s, window, c, y);
        if (seen != ALL_SEE_INK) {
            const vec blank = vec_load(weights->blank_sum + c);
            VEC_UNROLL
            for (int i = 0; i < 4; i++) {
                y[i] = (seen >> i & 1) != 0 ? y[i] : blank;
            }
        }
        pool_window(y, bias + c, pooled + c, route + c);
    }
}

void CPU_NAME(conv2_forward)(const float *conv1, const cpu_ink *ink, const cpu_conv2 *weights,
                             const float *bias, cpu_winograd_scratch *s, float *pooled,
                             uint8_t *route)
{
    struct {
        int place;
        unsigned seen; /* bit i: output i of the window sees ink */
    } waiting[CPU_WINOGRAD_WINDOWS];
    int count = 0;
    for (int place = 0; place < CPU_POSITIONS; place++) {
        const int y = 2 * (place / SIDE);
        const int x = 2 * (place % SIDE);
        const unsigned seen = (ink->conv2[y] >> x & 3) | (ink->conv2[y + 1] >> x & 3) << 2;
        if (seen == 0) {
            memcpy(pooled + place * CHANNELS, weights->blank_pooled, sizeof weights->blank_pooled);
            memcpy(route + place * CHANNELS, weights->blank_route, sizeof weights->blank_route);
        } else {
            waiting[count].place = place;
            waiting[count].seen = seen;
            transform_inputs(conv1 + y * IN_ROW + x * IN_CHANNELS, s, count++);
        }
        if (count == CPU_WINOGRAD_WINDOWS || (place + 1 == CPU_POSITIONS && count > 0)) {
            multiply(weights, s, count);
            for (int i = 0; i < count; i++) {
                finish_window(weights, bias, s, i, waiting[i].seen,
                              pooled + waiting[i].place * CHANNELS,
                              route + waiting[i].place * CHANNELS);
            }
            count = 0;
        }
    }
}
