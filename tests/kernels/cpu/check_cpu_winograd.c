/* check_cpu_conv2.c tests the rounding errors of conv2's forward pass. This file tests two more
 * promises: in fp32 its decisions (ReLU, argmax) are those of exact sums even if rounding could
 * change them, and in bf16 its factors are rounded to nearest, ties to even.
 *
 * Activations and weights are small integers times powers of two. So sums of their products in
 * double are exact in any order, and even Winograd's transforms in fp32 are. */
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "layer_tables.h"
#include "philox.h"

enum { CHANNELS = LENET_CONV2_CHANNELS, IN_CHANNELS = LENET_CONV1_CHANNELS, WAYS = 4 };

/* How conv1's activations repeat, except for differences below 1/1000. */
typedef enum pattern {
    DIAGONALS, /* outputs 1 and 2 of a window see nearly the same */
    TILES      /* 2x2 tiles: all windows see nearly the same */
} pattern;

typedef struct layer {
    float *conv1;
    float *kernel;     /* [288,64], column c times scale_of(c) */
    float *transposed; /* [64][288] */
    float bias[CHANNELS];
    cpu_conv2 *weights;
    cpu_winograd_scratch *scratch;
    float *pooled;
    uint8_t *argmax;
} layer;

static uint32_t word(uint32_t of, int at)
{
    return philox(of, PHILOX_WEIGHTS, 0, (uint32_t)at).word[0];
}

/* The scale of a channel's weights. A kernel that confuses the channels of two vectors gets values
 * that are far too small or too large. */
static float scale_of(int channel)
{
    return ldexpf(1, channel / 4 - 8);
}

static void draw(layer *l, pattern which)
{
    for (int i = 0; i < LENET_CONV1_FLOATS; i++) {
        const int y = i / IN_CHANNELS / LENET_CONV1_SIDE;
        const int x = i / IN_CHANNELS % LENET_CONV1_SIDE;
        const int repeated = which == DIAGONALS ? y + x : y % 2 * 2 + x % 2;
        const uint32_t base = word(1, repeated * IN_CHANNELS + i % IN_CHANNELS) % (1 << 13);
        l->conv1[i] = (float)(base + word(2, i) % 16) * 0x1p-14f;
    }
    for (int i = 0; i < CPU_PATCH * CHANNELS; i++) {
        const int weight = (int)(word(3, i) % (1 << 14)) - (1 << 13);
        l->kernel[i] = (float)weight * 0x1p-16f * scale_of(i % CHANNELS);
        l->transposed[i % CHANNELS * CPU_PATCH + i / CHANNELS] = l->kernel[i];
    }
}

/* The place in conv1 of input (y, x, 0) of a window. */
static int input_at(int place, int y, int x)
{
    const int top = place / LENET_POOL_SIDE * 2;
    const int left = place % LENET_POOL_SIDE * 2;
    return ((top + y) * LENET_CONV1_SIDE + left + x) * IN_CHANNELS;
}

/* A window's outputs in one channel, without the bias. */
static void exact_sums(const layer *l, int place, int channel, double *out)
{
    for (int way = 0; way < WAYS; way++) {
        out[way] = 0;
        for (int tap = 0; tap < 9; tap++) {
            const float *in = l->conv1 + input_at(place, way / 2 + tap / 3, way % 2 + tap % 3);
            const float *weight = l->transposed + channel * CPU_PATCH + tap * IN_CHANNELS;
            for (int i = 0; i < IN_CHANNELS; i++) {
                out[way] += (double)in[i] * (double)weight[i];
            }
        }
    }
}

static double largest_of(const double *sums)
{
    return fmax(fmax(sums[0], sums[1]), fmax(sums[2], sums[3]));
}

/* For TILES, biases that bring the largest output of each window near 0; for DIAGONALS, biases that
 * open most windows. */
static void choose_biases(layer *l, pattern which)
{
    for (int c = 0; c < CHANNELS; c++) {
        double sums[WAYS];
        exact_sums(l, c, c, sums);
        l->bias[c] = which == TILES ? -(float)largest_of(sums) : 0.25f * scale_of(c);
    }
}

static layer make_layer(const cpu_kernels *kernels, pattern which)
{
    layer l = {
        .conv1 = room(LENET_CONV1_FLOATS * sizeof(float)),
        .kernel = room(CPU_PATCH * CHANNELS * sizeof(float)),
        .transposed = room(CPU_PATCH * CHANNELS * sizeof(float)),
        .weights = room(sizeof(cpu_conv2)),
        .scratch = room(sizeof(cpu_winograd_scratch)),
        .pooled = room(LENET_FLAT * sizeof(float)),
        .argmax = room(LENET_FLAT),
    };
    const float no_bias[IN_CHANNELS] = {0};
    cpu_ink everywhere;
    memset(&everywhere, 0xFF, sizeof everywhere);
    draw(&l, which);
    choose_biases(&l, which);
    kernels->conv2_prepare(no_bias, l.kernel, l.bias, l.weights);
    kernels->conv2_forward(l.conv1, &everywhere, l.weights, l.transposed, l.bias, l.scratch,
                           l.pooled, l.argmax);
    return l;
}

static void release(layer *l)
{
    free(l->conv1);
    free(l->kernel);
    free(l->transposed);
    free(l->weights);
    free(l->scratch);
    free(l->pooled);
    free(l->argmax);
}

static double sum_of_squares(const float *values, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sum += (double)values[i] * (double)values[i];
    }
    return sum;
}

/* A bound of an output's rounding error from the norms of the window's inputs and the channel's
 * weights. There are 2 roundings in V, 4 in U, 33 in product and sum, 4 in A^T M A, and one more
 * for the second order. The sum of the magnitudes is at most 5.24 * 2.29 times the product of the
 * norms. */
static double rounding_bound(const layer *l, int place, int channel)
{
    double inputs = 0;
    for (int y = 0; y < 4; y++) {
        inputs += sum_of_squares(l->conv1 + input_at(place, y, 0), 4 * IN_CHANNELS);
    }
    const double weights = sum_of_squares(l->transposed + channel * CPU_PATCH, CPU_PATCH);
    return 44 * 5.24 * 2.29 * unit_roundoff * sqrt(inputs * weights);
}

/* How many windows, over all channels, are decided by less than the bound. */
typedef struct seen {
    int ties; /* of the two largest outputs of an open window */
    int barely_open;
    int barely_shut;
} seen;

/* The argmax must be exact in all windows. If rounding errors within the bound could exchange the
 * two largest outputs, or open or shut the window, the engine must use exact sums, so the pooled
 * value must be exact too. The test uses three quarters of the bound and leaves the rest to the
 * engine's own estimate. */
static void check_decisions(const layer *l, int place, int channel, seen *count)
{
    double sums[WAYS];
    int at = 0;
    exact_sums(l, place, channel, sums);
    for (int way = 1; way < WAYS; way++) {
        at = sums[way] > sums[at] ? way : at;
    }
    double second = -INFINITY;
    for (int way = 0; way < WAYS; way++) {
        second = way == at ? second : fmax(second, sums[way]);
    }
    const double value = sums[at] + (double)l->bias[channel];
    const uint8_t argmax = l->argmax[place * CHANNELS + channel];
    const float pooled = l->pooled[place * CHANNELS + channel];
    if (argmax != (value > 0 ? at : CPU_ROUTE_NONE)) {
        ck_abort_msg("place %d, channel %d: argmax %d, but %d has the largest output, %g", place,
                     channel, argmax, at, value);
    }
    const double bound = 0.75 * rounding_bound(l, place, channel);
    const bool near_tie = value > 0 && sums[at] - second < 2 * bound;
    const bool near_shut = fabs(value) < bound;
    if ((near_tie || near_shut) && pooled != (value > 0 ? (float)value : 0)) {
        ck_abort_msg("place %d, channel %d: %.9g, but the exact sum gives %.9g", place, channel,
                     (double)pooled, value);
    }
    count->ties += near_tie && !near_shut;
    count->barely_open += near_shut && value > 0;
    count->barely_shut += near_shut && value <= 0;
}

START_TEST(what_rounding_could_decide_is_decided_by_exact_sums)
{
    const cpu_kernels *kernels = layer_tables[_i];
    seen count = {0};
    if (kernels->bf16) {
        return;
    }
    for (pattern which = DIAGONALS; which <= TILES; which++) {
        layer l = make_layer(kernels, which);
        for (int place = 0; place < CPU_POSITIONS; place++) {
            for (int channel = 0; channel < CHANNELS; channel++) {
                check_decisions(&l, place, channel, &count);
            }
        }
        release(&l);
    }
    ck_assert_int_gt(count.ties, 500);
    ck_assert_int_gt(count.barely_open, 500);
    ck_assert_int_gt(count.barely_shut, 500);
}
END_TEST

/* A value that fp32 holds, rounded to bf16's 8 bits: to nearest, ties to even. */
static double to_bf16(double exact, int *ties)
{
    const float value = (float)exact;
    uint32_t bits;
    ck_assert((double)value == exact);
    memcpy(&bits, &value, sizeof bits);
    *ties += (bits & 0xFFFF) == 0x8000;
    bits += 0x7FFF + (bits >> 16 & 1);
    bits &= 0xFFFF0000;
    float rounded;
    memcpy(&rounded, &bits, sizeof rounded);
    return (double)rounded;
}

static const double transform_b[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
static const double transform_g[4][3] = {{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}};
static const double transform_a[2][4] = {{1, 1, 1, 0}, {0, 1, -1, -1}};

typedef double factors[CPU_WINOGRAD_POINTS][IN_CHANNELS];

static void transform_inputs(const layer *l, int place, factors v, int *ties)
{
    for (int point = 0; point < CPU_WINOGRAD_POINTS; point++) {
        for (int i = 0; i < IN_CHANNELS; i++) {
            double sum = 0;
            for (int p = 0; p < 16; p++) {
                sum += transform_b[point / 4][p / 4] * transform_b[point % 4][p % 4] *
                       (double)l->conv1[input_at(place, p / 4, p % 4) + i];
            }
            v[point][i] = to_bf16(sum, ties);
        }
    }
}

static void transform_weights(const layer *l, int channel, factors u, int *ties)
{
    for (int point = 0; point < CPU_WINOGRAD_POINTS; point++) {
        for (int i = 0; i < IN_CHANNELS; i++) {
            double sum = 0;
            for (int tap = 0; tap < 9; tap++) {
                sum += transform_g[point / 4][tap / 3] * transform_g[point % 4][tap % 3] *
                       (double)l->transposed[channel * CPU_PATCH + tap * IN_CHANNELS + i];
            }
            u[point][i] = to_bf16(sum, ties);
        }
    }
}

/* The pooled value of the rounded factors, and a bound of its rounding error: the products are
 * exact; then there are 32 roundings in their sum, 4 in A^T M A, one with the bias, and one more
 * for the second order. */
static void check_product(const layer *l, int place, int channel, factors v, factors u)
{
    double largest = 0;
    double bound = 0;
    for (int way = 0; way < WAYS; way++) {
        double value = (double)l->bias[channel];
        double magnitude = fabs(value);
        for (int point = 0; point < CPU_WINOGRAD_POINTS; point++) {
            const double a = transform_a[way / 2][point / 4] * transform_a[way % 2][point % 4];
            for (int i = 0; a != 0 && i < IN_CHANNELS; i++) {
                value += a * v[point][i] * u[point][i];
                magnitude += fabs(v[point][i] * u[point][i]);
            }
        }
        largest = fmax(largest, value);
        bound = fmax(bound, 38 * unit_roundoff * magnitude);
    }
    const double pooled = (double)l->pooled[place * CHANNELS + channel];
    if (!(fabs(pooled - largest) <= bound)) {
        ck_abort_msg("place %d, channel %d: %.9g instead of %.9g, allowed %g", place, channel,
                     pooled, largest, bound);
    }
}

START_TEST(bf16_s_factors_are_rounded_to_nearest_ties_to_even)
{
    const cpu_kernels *kernels = layer_tables[_i];
    static factors u[CHANNELS];
    static factors v;
    int ties_u = 0;
    int ties_v = 0;
    if (!kernels->bf16) {
        return;
    }
    layer l = make_layer(kernels, DIAGONALS);
    for (int channel = 0; channel < CHANNELS; channel++) {
        transform_weights(&l, channel, u[channel], &ties_u);
    }
    for (int place = 0; place < CPU_POSITIONS; place += 5) {
        transform_inputs(&l, place, v, &ties_v);
        for (int channel = 0; channel < CHANNELS; channel++) {
            check_product(&l, place, channel, v, u[channel]);
        }
    }
    release(&l);
    ck_assert_int_gt(ties_u, 100);
    ck_assert_int_gt(ties_v, 100);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {what_rounding_could_decide_is_decided_by_exact_sums,
                                  bf16_s_factors_are_rounded_to_nearest_ties_to_even};
    return layer_tables_check("cpu winograd", tests, sizeof tests / sizeof *tests);
}
