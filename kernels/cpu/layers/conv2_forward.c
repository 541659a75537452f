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
 * plain one. But if the plain sums of a window are equal, nearly equal or nearly 0, this rounding
 * may change decisions: to which position the gradient goes, and whether it goes anywhere. Two
 * measures keep the decisions those of plain sums:
 *   - A patch that sees no ink takes the sum computed for all such patches beforehand; with biases
 *     of 0 it is 0 exactly. A window of such patches, one in three of MNIST's, is not computed.
 *   - If the difference that decides is less than the bound of the rounding error, plain sums in
 *     double decide. That is one window and channel in some hundreds. bf16 does not do this.
 *
 * The bound: a product V U is rounded at most 2 times in V, 4 in U, 33 in product and sum and 4 in
 * A^T M A, 43 u of its magnitude with the unit roundoff u = 2^-24. The magnitudes' sum is at most
 * || |B^T| |d| |B| || || |G| |g| |G^T| || <= 5.24 ||d|| 2.29 ||g||, by the 2-norms of |B| and |G|.
 *
 * With CPU_BF16 the factors V and U are rounded to bf16 before they are multiplied.
 *
 * Bound of the speed: the multiply-add rate. */
#include "layers.h"
#include "product.h"

#include <math.h>

enum {
    SIDE = LENET_POOL_SIDE, /* windows a row */
    CHANNELS = LENET_CONV2_CHANNELS,
    IN_CHANNELS = LENET_CONV1_CHANNELS,
    IN_ROW = LENET_CONV1_SIDE * IN_CHANNELS, /* floats from row to row of conv1 */
    PATCH_ROW = LENET_KERNEL_SIDE * IN_CHANNELS,
    POINTS = CPU_WINOGRAD_POINTS,
    ALL_SEE_INK = 15,
    /* The rounding of bf16 is far larger than the differences that plain sums would decide. */
    DECIDE_PLAINLY = !CPU_HAS_BF16,
};

/* Times ||d|| ||g||: more than the rounding error of an output. */
static const float ROUNDING_BOUND = 44 * 5.24f * 2.29f * 0x1p-24f;

/* U of one channel vector: weights [9], `stride` floats apart, to element `k` of points [16]. */
VEC_INLINE void transform_weights(const float *weights, ptrdiff_t stride, vec (*to)[STEP], int k)
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
        to[4 * y + 0][k] = g[0];
        to[4 * y + 1][k] = half * (g[0] + g[2] + g[1]);
        to[4 * y + 2][k] = half * (g[0] + g[2] - g[1]);
        to[4 * y + 3][k] = g[2];
    }
}

/* The channels' norms, and what a window without ink gives: conv1 is ReLU of its bias all over the
 * patch. */
static void find_norms_and_blank(const float *conv1_bias, const float *kernel, const float *bias,
                                 cpu_conv2 *out)
{
    for (int c = 0; c < CHANNELS; c += VEC) {
        vec sum = vec_all(0);
        vec squares = vec_all(0);
        for (int i = 0; i < CPU_PATCH; i++) {
            const float input = conv1_bias[i % IN_CHANNELS];
            const vec weight = vec_load(kernel + i * CHANNELS + c);
            sum = vec_fma(vec_all(input > 0 ? input : 0), weight, sum);
            squares = vec_fma(weight, weight, squares);
        }
        vec_store(out->norm + c, vec_sqrt(squares));
        vec_store(out->blank_sum + c, sum);
        vec_store(out->blank_pooled + c, vec_relu(sum + vec_load(bias + c)));
    }
    for (int c = 0; c < CHANNELS; c++) {
        out->blank_argmax[c] = out->blank_pooled[c] > 0 ? 0 : CPU_ROUTE_NONE;
    }
}

void CPU_NAME(conv2_prepare)(const float *conv1_bias, const float *kernel, const float *bias,
                             cpu_conv2 *out)
{
    for (int i = 0; i < IN_CHANNELS; i += STEP) {
        for (int c = 0; c < CHANNELS; c += VEC) {
            vec weights[POINTS][STEP];
            VEC_UNROLL
            for (int k = 0; k < STEP; k++) {
                transform_weights(kernel + (i + k) * CHANNELS + c, IN_CHANNELS * CHANNELS, weights,
                                  k);
            }
            VEC_UNROLL
            for (int point = 0; point < POINTS; point++) {
                factor *to = out->winograd[point].PRODUCT_FACTORS;
                store_step(to + i * CHANNELS + c * STEP, weights[point]);
            }
        }
    }
    find_norms_and_blank(conv1_bias, kernel, bias, out);
}

/* V of the window whose inputs begin at `in`, as row `window` of each point's matrix. */
static void transform_inputs(const float *in, cpu_winograd_scratch *s, int window)
{
    vec squares[2] = {vec_all(0), vec_all(0)};
    for (int c = 0; c < IN_CHANNELS; c += VEC) {
        vec column[4][4];
        VEC_UNROLL
        for (int x = 0; x < 4; x++) {
            const float *at = in + x * IN_CHANNELS + c;
            const vec d0 = vec_load(at);
            const vec d1 = vec_load(at + IN_ROW);
            const vec d2 = vec_load(at + 2 * IN_ROW);
            const vec d3 = vec_load(at + 3 * IN_ROW);
            squares[0] = vec_fma(d0, d0, vec_fma(d1, d1, squares[0]));
            squares[1] = vec_fma(d2, d2, vec_fma(d3, d3, squares[1]));
            column[0][x] = d0 - d2;
            column[1][x] = d1 + d2;
            column[2][x] = d2 - d1;
            column[3][x] = d1 - d3;
        }
        VEC_UNROLL
        for (int y = 0; y < 4; y++) {
            const vec *d = column[y];
            const vec v[4] = {d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]};
            VEC_UNROLL
            for (int x = 0; x < 4; x++) {
                store_factors(&s->inputs[4 * y + x].row.PRODUCT_FACTORS[window][c], v[x]);
            }
        }
    }
    s->window[window].norm = DECIDE_PLAINLY ? sqrtf(vec_total(squares[0] + squares[1])) : 0;
}

/* M of `windows` windows. The last tile of rows may extend beyond them, into unused rows. */
static void multiply(const cpu_conv2 *weights, cpu_winograd_scratch *s, int windows)
{
    for (int point = 0; point < POINTS; point++) {
        for (int c = 0; c < CHANNELS; c += TILE_COLUMNS) {
            for (int row = 0; row < windows; row += TILE_ROWS) {
                multiply_tile(s->inputs[point].row.PRODUCT_FACTORS[row],
                              weights->winograd[point].PRODUCT_FACTORS + c * STEP,
                              &s->sums[point].row[row][c]);
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

/* The two largest of a window's four outputs. */
typedef struct vec_top {
    vec largest;
    vec second;
    vec_int at; /* of the largest, the first of equal ones */
} vec_top;

VEC_INLINE vec_top top_of(const vec *y)
{
    vec_top top = {y[0], vec_all(-INFINITY), {0}};
    VEC_UNROLL
    for (int i = 1; i < 4; i++) {
        const vec_int better = y[i] > top.largest;
        const vec loser = vec_select(better, top.largest, y[i]);
        top.second = vec_select(loser > top.second, loser, top.second);
        top.largest = vec_select(better, y[i], top.largest);
        top.at = ((top.at ^ i) & better) ^ top.at;
    }
    return top;
}

/* Of the outputs that see no ink, the first gets the sum of blank patches, and the others a value
 * less than any sum, since equal values after the first cannot win. Returns which one is the
 * first. */
VEC_INLINE int replace_blank(unsigned seen, vec blank, vec *y)
{
    const int first = __builtin_ctz(~seen);
    VEC_UNROLL
    for (int i = 0; i < 4; i++) {
        if ((seen >> i & 1) == 0) {
            y[i] = i == first ? blank : vec_all(-INFINITY);
        }
    }
    return first;
}

/* One output without bias: patch [3,3,32] in place in conv1, times one channel's weights. */
static double plain_sum(const float *patch, const float *weights)
{
    typedef float four_floats __attribute__((vector_size(4 * sizeof(float))));
    typedef double four_doubles __attribute__((vector_size(4 * sizeof(double))));
    four_doubles sum[LENET_KERNEL_SIDE] = {{0}};
    for (int i = 0; i < PATCH_ROW; i += 4) {
        VEC_UNROLL
        for (int y = 0; y < LENET_KERNEL_SIDE; y++) {
            four_floats input, weight;
            memcpy(&input, patch + y * IN_ROW + i, sizeof input);
            memcpy(&weight, weights + y * PATCH_ROW + i, sizeof weight);
            sum[y] += __builtin_convertvector(input, four_doubles) *
                      __builtin_convertvector(weight, four_doubles);
        }
    }
    const four_doubles total = sum[0] + sum[1] + sum[2];
    return (total[0] + total[1]) + (total[2] + total[3]);
}

/* Computes a window in one channel by plain sums in double, because rounding could change its
 * decisions. */
static void decide_plainly(const float *in, unsigned seen, const float *weights, float blank,
                           float bias, float *pooled, uint8_t *argmax)
{
    double best = -INFINITY;
    uint8_t at = 0;
    for (uint8_t i = 0; i < 4; i++) {
        const float *patch = in + i / 2 * IN_ROW + i % 2 * IN_CHANNELS;
        const double sum = (seen >> i & 1) != 0 ? plain_sum(patch, weights) : (double)blank;
        if (sum > best) {
            best = sum;
            at = i;
        }
    }
    best += (double)bias;
    *pooled = best > 0 ? (float)best : 0;
    *argmax = best > 0 ? at : CPU_ROUTE_NONE;
}

/* The channels whose decisions could be changed by rounding errors of `bound`: which of the two
 * largest sums is larger, or whether the largest is above 0 (exact only for a blank patch). */
VEC_INLINE unsigned undecided(const vec_top *top, vec value, vec bound, int blank)
{
    if (!DECIDE_PLAINLY) {
        return 0;
    }
    const vec_int near_tie = top->largest - top->second < bound + bound;
    const vec_int near_shut = (value < bound) & (top->at != blank);
    return vec_bits((value > -bound) & (near_tie | near_shut));
}

/* ReLU and pooling of the window in row `row` of the sums, whose inputs begin at `in`. */
static void finish_window(const float *in, const cpu_conv2 *weights, const float *kernel_transposed,
                          const float *bias, const cpu_winograd_scratch *s, int row, float *pooled,
                          uint8_t *argmax)
{
    const unsigned seen = s->window[row].seen;
    const vec scale = vec_all(ROUNDING_BOUND * s->window[row].norm);
    for (int c = 0; c < CHANNELS; c += VEC) {
        const vec bound = scale * vec_load(weights->norm + c);
        vec y[4];
        transform_sums(s, row, c, y);
        int blank = -1;
        if (seen != ALL_SEE_INK) {
            blank = replace_blank(seen, vec_load(weights->blank_sum + c), y);
        }
        const vec_top top = top_of(y);
        const vec value = top.largest + vec_load(bias + c);
        unsigned unsure = undecided(&top, value, bound, blank);

        const vec_int open = value > vec_all(0);
        const vec_int at = ((top.at ^ CPU_ROUTE_NONE) & ~open) ^ top.at;
        vec_store(pooled + c, vec_where(open, value));
        vec_store_narrow(argmax + c, at);
        for (; unsure != 0; unsure &= unsure - 1) {
            const int i = c + __builtin_ctz(unsure);
            decide_plainly(in, seen, kernel_transposed + i * CPU_PATCH, weights->blank_sum[i],
                           bias[i], pooled + i, argmax + i);
        }
    }
}

/* The offset of the window's inputs in conv1. */
static int window_at(int place)
{
    return 2 * (place / SIDE) * IN_ROW + 2 * (place % SIDE) * IN_CHANNELS;
}

void CPU_NAME(conv2_forward)(const float *conv1, const cpu_ink *ink, const cpu_conv2 *weights,
                             const float *kernel_transposed, const float *bias,
                             cpu_winograd_scratch *s, float *pooled, uint8_t *argmax)
{
    int count = 0;
    for (int place = 0; place < CPU_POSITIONS; place++) {
        const int y = 2 * (place / SIDE);
        const int x = 2 * (place % SIDE);
        const unsigned seen = (ink->row[y] >> x & 3) | (ink->row[y + 1] >> x & 3) << 2;
        if (seen == 0) {
            memcpy(pooled + place * CHANNELS, weights->blank_pooled, sizeof weights->blank_pooled);
            memcpy(argmax + place * CHANNELS, weights->blank_argmax, sizeof weights->blank_argmax);
        } else {
            s->window[count].place = place;
            s->window[count].seen = seen;
            transform_inputs(conv1 + window_at(place), s, count++);
        }
        if (count == CPU_WINOGRAD_WINDOWS || (place + 1 == CPU_POSITIONS && count > 0)) {
            multiply(weights, s, count);
            for (int row = 0; row < count; row++) {
                const int at = s->window[row].place;
                finish_window(conv1 + window_at(at), weights, kernel_transposed, bias, s, row,
                              pooled + at * CHANNELS, argmax + at * CHANNELS);
            }
            count = 0;
        }
    }
}
