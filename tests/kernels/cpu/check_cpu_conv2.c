/* Compares conv2's forward pass, for each instruction set and precision, with plain loops in
 * double. Also tests the ink: the bits that mark which pixels are not 0. */
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ink.h"
#include "layer_tables.h"
#include "philox.h"

enum { SIDE = LENET_IMAGE_SIDE };

/* An image that is blank except for a rectangle of ink with holes; the seed decides its place. */
static void draw(uint8_t *image, uint64_t seed)
{
    const philox_block place = philox(seed, PHILOX_ORDER, 0, 0);
    const unsigned top = place.word[0] % 20;
    const unsigned left = place.word[1] % 20;
    memset(image, 0, LENET_IMAGE_PIXELS);
    for (unsigned y = top; y < top + 8; y++) {
        for (unsigned x = left; x < left + 1 + place.word[2] % 8; x++) {
            const philox_block ink = philox(seed, PHILOX_ORDER, 1, y * SIDE + x);
            image[y * SIDE + x] = ink.word[0] % 3 == 0 ? 0 : (uint8_t)ink.word[1];
        }
    }
}

/* Draws diagonals, with ink and without. */
static void draw_diagonals(uint8_t *image, uint64_t seed)
{
    for (uint32_t i = 0; i < LENET_IMAGE_PIXELS; i++) {
        const philox_block ink = philox(seed, PHILOX_ORDER, 2, i % SIDE + i / SIDE);
        image[i] = ink.word[0] % 3 == 0 ? 0 : (uint8_t)ink.word[1];
    }
}

/* Whether a pixel of [y, y + side) x [x, x + side) is not 0. */
static bool has_ink(const uint8_t *image, int y, int x, int side)
{
    for (int i = 0; i < side * side; i++) {
        if (image[(y + i / side) * SIDE + x + i % side] != 0) {
            return true;
        }
    }
    return false;
}

START_TEST(ink_is_found_where_a_position_sees_it)
{
    uint8_t image[LENET_IMAGE_PIXELS];
    cpu_ink ink;
    for (uint64_t seed = 0; seed < 200; seed++) {
        draw(image, seed);
        cpu_ink_find(image, &ink);
        for (int y = 0; y < LENET_CONV2_SIDE; y++) {
            for (int x = 0; x < 32; x++) {
                const bool expected = x < LENET_CONV2_SIDE && has_ink(image, y, x, 5);
                ck_assert_int_eq(ink.row[y] >> x & 1, expected);
            }
        }
    }
}
END_TEST

/* The results of both convolutions for one image, and all inputs. */
typedef struct convolutions {
    bool bf16; /* the precision of conv2's factors */
    uint8_t bytes[LENET_IMAGE_PIXELS];
    float image[LENET_IMAGE_PIXELS];
    float *parameters; /* the convolutions' part */
    float *conv1;
    cpu_ink ink;
    cpu_conv2 *weights;
    float *transposed;
    cpu_winograd_scratch *scratch;
    float *pooled;
    uint8_t *argmax;
} convolutions;

static convolutions convolve(const cpu_kernels *kernels,
                             void (*draw_image)(uint8_t *image, uint64_t seed), uint64_t seed,
                             float bias_scale)
{
    convolutions c = {
        .bf16 = kernels->bf16,
        .parameters = room(LENET_DENSE1_KERNEL_AT * sizeof(float)),
        .conv1 = room(LENET_CONV1_FLOATS * sizeof(float)),
        .weights = room(sizeof(cpu_conv2)),
        .transposed = room(CPU_PATCH * LENET_CONV2_CHANNELS * sizeof(float)),
        .scratch = room(sizeof(cpu_winograd_scratch)),
        .pooled = room(LENET_FLAT * sizeof(float)),
        .argmax = room(LENET_FLAT),
    };
    float *p = c.parameters;
    draw_image(c.bytes, seed);
    cpu_ink_find(c.bytes, &c.ink);
    for (int i = 0; i < LENET_IMAGE_PIXELS; i++) {
        c.image[i] = (float)c.bytes[i] / 255.0f;
    }
    fill(p + LENET_CONV1_KERNEL_AT, 288, seed + 1, 0.14f);
    fill(p + LENET_CONV1_BIAS_AT, 32, seed + 2, bias_scale);
    fill(p + LENET_CONV2_KERNEL_AT, 18432, seed + 3, 0.083f);
    fill(p + LENET_CONV2_BIAS_AT, 64, seed + 4, bias_scale);
    kernels->conv1_forward(c.image, p + LENET_CONV1_KERNEL_AT, p + LENET_CONV1_BIAS_AT, c.conv1);
    kernels->conv2_prepare(p + LENET_CONV1_BIAS_AT, p + LENET_CONV2_KERNEL_AT,
                           p + LENET_CONV2_BIAS_AT, c.weights);
    for (int i = 0; i < CPU_PATCH * LENET_CONV2_CHANNELS; i++) {
        c.transposed[i % LENET_CONV2_CHANNELS * CPU_PATCH + i / LENET_CONV2_CHANNELS] =
            p[LENET_CONV2_KERNEL_AT + i];
    }
    kernels->conv2_forward(c.conv1, &c.ink, c.weights, c.transposed, p + LENET_CONV2_BIAS_AT,
                           c.scratch, c.pooled, c.argmax);
    return c;
}

static void release(convolutions *c)
{
    free(c->parameters);
    free(c->conv1);
    free(c->weights);
    free(c->transposed);
    free(c->scratch);
    free(c->pooled);
    free(c->argmax);
}

/* One output of conv2 before ReLU, a bound of the engine's error, and a bound within which its
 * decisions (ReLU, argmax) may differ. In fp32 the decisions are as exact as those of a plain
 * sum. */
typedef struct output {
    double value;
    double bound;
    double decision_bound;
} output;

/* The sum of the magnitudes of an output's terms after Winograd's transforms, for one input
 * channel: (|A^T| (|G| |g| |G^T| . |B^T| |d| |B|) |A|) [y][x]. */
static double magnitude_of_channel(double input[4][4], double weight[3][3], int y, int x)
{
    static const double b[4][4] = {{1, 0, 1, 0}, {0, 1, 1, 0}, {0, 1, 1, 0}, {0, 1, 0, 1}};
    static const double g[4][3] = {{1, 0, 0}, {.5, .5, .5}, {.5, .5, .5}, {0, 0, 1}};
    static const double a[2][4] = {{1, 1, 1, 0}, {0, 1, 1, 1}};
    double sum = 0;
    for (int point = 0; point < 16; point++) {
        const int r = point / 4;
        const int s = point % 4;
        double v = 0;
        double u = 0;
        for (int i = 0; i < 16; i++) {
            v += b[r][i / 4] * fabs(input[i / 4][i % 4]) * b[s][i % 4];
        }
        for (int i = 0; i < 9; i++) {
            u += g[r][i / 3] * fabs(weight[i / 3][i % 3]) * g[s][i % 3];
        }
        sum += a[y][r] * v * u * a[x][s];
    }
    return sum;
}

/* A term is rounded at most 2 times in V, 4 in U, 1 + 32 times in its product and sum, 4 in A^T M A
 * and once when the bias is added. That makes 44 u of its magnitude; one more u covers the terms of
 * second order. In bf16 V and U are also rounded to 8 bits each; their products are exact in fp32.
 * A patch without ink is summed plainly, with 1 + 288 roundings and one for the bias. */
static output expected_output(const convolutions *c, int place, int way, int channel)
{
    const int top = place / LENET_POOL_SIDE * 2;
    const int left = place % LENET_POOL_SIDE * 2;
    const double bias = (double)c->parameters[LENET_CONV2_BIAS_AT + channel];
    output out = {.value = bias};
    double spread = fabs(bias);
    double plain = fabs(bias);
    for (int i = 0; i < LENET_CONV1_CHANNELS; i++) {
        double input[4][4];
        double weight[3][3];
        for (int p = 0; p < 16; p++) {
            const int at = ((top + p / 4) * LENET_CONV1_SIDE + left + p % 4) * 32 + i;
            input[p / 4][p % 4] = (double)c->conv1[at];
        }
        for (int tap = 0; tap < 9; tap++) {
            const double w =
                (double)c->parameters[LENET_CONV2_KERNEL_AT + (tap * 32 + i) * 64 + channel];
            const double term = w * input[way / 2 + tap / 3][way % 2 + tap % 3];
            weight[tap / 3][tap % 3] = w;
            out.value += term;
            plain += fabs(term);
        }
        spread += magnitude_of_channel(input, weight, way / 2, way % 2);
    }
    const bool seen = has_ink(c->bytes, top + way / 2, left + way % 2, 5);
    const double factors = c->bf16 ? pow(1 + 0x1p-8, 2) : 1;
    out.decision_bound = unit_roundoff * 291 * plain;
    out.bound = seen ? (factors * (1 + unit_roundoff * 45) - 1) * spread : out.decision_bound;
    if (c->bf16) {
        out.decision_bound = out.bound;
    }
    return out;
}

/* Checks the pooled value and argmax of one window and channel against the window's outputs. */
static void check_window(const convolutions *c, int place, int channel)
{
    const float pooled = c->pooled[place * LENET_CONV2_CHANNELS + channel];
    const uint8_t argmax = c->argmax[place * LENET_CONV2_CHANNELS + channel];
    double largest = 0;
    double bound = 0;
    double decision_bound = 0;
    output outputs[4];
    for (int way = 0; way < 4; way++) {
        outputs[way] = expected_output(c, place, way, channel);
        largest = fmax(largest, outputs[way].value);
        bound = fmax(bound, outputs[way].bound);
        decision_bound = fmax(decision_bound, outputs[way].decision_bound);
    }
    ck_assert(fabs((double)pooled - largest) <= bound);
    ck_assert_int_le(argmax, CPU_ROUTE_NONE);
    ck_assert_int_eq(argmax == CPU_ROUTE_NONE, pooled == 0);
    if (argmax == CPU_ROUTE_NONE) {
        ck_assert(largest <= decision_bound);
    } else {
        ck_assert(outputs[argmax].value >= largest - 2 * decision_bound);
    }
}

START_TEST(conv2_forward_is_within_its_rounding)
{
    const cpu_kernels *kernels = layer_tables[_i];
    const float bias_scales[] = {0, 0.1f};
    for (uint64_t seed = 0; seed < 2; seed++) {
        convolutions c = convolve(kernels, draw, seed, bias_scales[seed]);
        for (int place = 0; place < CPU_POSITIONS; place += 5) {
            for (int channel = 0; channel < LENET_CONV2_CHANNELS; channel += 5) {
                check_window(&c, place, channel);
            }
        }
        release(&c);
    }
}
END_TEST

/* With biases of 0 a blank patch gives exactly 0, which ReLU and the maximum must not treat as
 * more. So if all outputs that see ink are clearly below 0, the argmax is none. */
START_TEST(a_blank_patch_gives_exactly_the_bias)
{
    const cpu_kernels *kernels = layer_tables[_i];
    int blank = 0;
    int partly_blank = 0;
    for (uint64_t seed = 0; seed < 3; seed++) {
        convolutions c = convolve(kernels, draw, seed, 0);
        for (int place = 0; place < CPU_POSITIONS; place++) {
            const int top = place / LENET_POOL_SIDE * 2;
            const int left = place % LENET_POOL_SIDE * 2;
            int seen = 0;
            for (int way = 0; way < 4; way++) {
                seen += has_ink(c.bytes, top + way / 2, left + way % 2, 5);
            }
            for (int channel = 0; seen < 4 && channel < LENET_CONV2_CHANNELS; channel += 5) {
                bool below = true;
                for (int way = 0; seen > 0 && way < 4; way++) {
                    const output o = expected_output(&c, place, way, channel);
                    below = below && (o.value < -o.bound ||
                                      !has_ink(c.bytes, top + way / 2, left + way % 2, 5));
                }
                if (below) {
                    const int at = place * LENET_CONV2_CHANNELS + channel;
                    ck_assert_int_eq(c.argmax[at], CPU_ROUTE_NONE);
                    ck_assert(c.pooled[at] == 0);
                    blank += seen == 0;
                    partly_blank += seen > 0;
                }
            }
        }
        release(&c);
    }
    ck_assert_int_gt(blank, 200);
    ck_assert_int_gt(partly_blank, 100);
}
END_TEST

/* If an image is constant along its diagonals, outputs 1 and 2 of a window are equal, and in fp32
 * the first of equal ones gets the gradient. With rounding errors it would be the other in half of
 * the cases. */
START_TEST(the_first_of_equal_outputs_wins)
{
    const cpu_kernels *kernels = layer_tables[_i];
    int first = 0;
    if (kernels->bf16) {
        return;
    }
    for (uint64_t seed = 0; seed < 3; seed++) {
        convolutions c = convolve(kernels, draw_diagonals, seed, 0.1f);
        for (int i = 0; i < LENET_FLAT; i++) {
            ck_assert_int_ne(c.argmax[i], 2);
            first += c.argmax[i] == 1;
        }
        release(&c);
    }
    ck_assert_int_gt(first, 1000);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        ink_is_found_where_a_position_sees_it, conv2_forward_is_within_its_rounding,
        a_blank_patch_gives_exactly_the_bias, the_first_of_equal_outputs_wins};
    return layer_tables_check("cpu conv2", tests, sizeof tests / sizeof *tests);
}
