/* The CPU engine's layers, each instruction set's on its own, against plain loops in double. */
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu_kernels.h"
#include "cpu/ink.h"
#include "philox.h"

enum { SIDE = LENET_IMAGE_SIDE, MAX_ISAS = 4, LARGE_BATCH = 2 * 64 + 3 };

static const cpu_kernels *isas[MAX_ISAS];
static int isa_count;

static const double unit_roundoff = 0x1p-24;

static void *room(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    ck_assert_ptr_nonnull(memory);
    memset(memory, 0, (bytes + 63) / 64 * 64);
    return memory;
}

/* Values in [-scale, scale), the same on every machine. */
static void fill(float *values, size_t count, uint64_t seed, float scale)
{
    philox_block block = {{0}};
    for (size_t i = 0; i < count; i++) {
        if (i % 4 == 0) {
            block = philox(seed, PHILOX_WEIGHTS, 7, (uint32_t)i / 4);
        }
        values[i] = scale * philox_symmetric(block.word[i % 4]);
    }
}

/* A blank image but for a rectangle of ink with holes, whose place hangs on the seed. */
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

/* Diagonals, of ink and without. */
static void draw_diagonals(uint8_t *image, uint64_t seed)
{
    for (uint32_t i = 0; i < LENET_IMAGE_PIXELS; i++) {
        const philox_block ink = philox(seed, PHILOX_ORDER, 2, i % SIDE + i / SIDE);
        image[i] = ink.word[0] % 3 == 0 ? 0 : (uint8_t)ink.word[1];
    }
}

/* Is a pixel of [y, y + side) x [x, x + side) not 0? */
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

/* One image through both convolutions, and everything that goes in. */
typedef struct convolutions {
    uint8_t bytes[LENET_IMAGE_PIXELS];
    float image[LENET_IMAGE_PIXELS];
    float *parameters; /* the convolutions' part */
    float *conv1;
    cpu_ink ink;
    cpu_conv2 *weights;
    float *transposed;
    cpu_winograd_scratch *scratch;
    float *pooled;
    uint8_t *route;
} convolutions;

static convolutions convolve(const cpu_kernels *kernels,
                             void (*draw_image)(uint8_t *image, uint64_t seed), uint64_t seed,
                             float bias_scale)
{
    convolutions c = {
        .parameters = room(LENET_DENSE1_KERNEL_AT * sizeof(float)),
        .conv1 = room(LENET_CONV1_FLOATS * sizeof(float)),
        .weights = room(sizeof(cpu_conv2)),
        .transposed = room(CPU_PATCH * LENET_CONV2_CHANNELS * sizeof(float)),
        .scratch = room(sizeof(cpu_winograd_scratch)),
        .pooled = room(LENET_FLAT * sizeof(float)),
        .route = room(LENET_FLAT),
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
                           c.scratch, c.pooled, c.route);
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
    free(c->route);
}

/* One output of conv2 before ReLU, a bound of the engine's error, and one of a plain sum's, which
 * the engine's decisions keep to. */
typedef struct output {
    double value;
    double bound;
    double decision_bound;
} output;

/* The sum of an output's terms' magnitudes as Winograd's transforms spread them, of one channel:
 * (|A^T| (|G| |g| |G^T| . |B^T| |d| |B|) |A|) [y][x]. */
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

/* On its way a term is rounded at most 2 times in V, 4 in U, 1 + 32 in its product and sum, 4 in
 * A^T M A and once with the bias: 44 u of its magnitude, and one more for what is of second order.
 * A patch without ink is summed plainly, with 1 + 288 and the bias's. */
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
    out.decision_bound = unit_roundoff * 291 * plain;
    out.bound = seen ? unit_roundoff * 45 * spread : out.decision_bound;
    return out;
}

/* A window's outputs in one channel against its pooled value and route. */
static void check_window(const convolutions *c, int place, int channel)
{
    const float pooled = c->pooled[place * LENET_CONV2_CHANNELS + channel];
    const uint8_t route = c->route[place * LENET_CONV2_CHANNELS + channel];
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
    ck_assert_int_le(route, CPU_ROUTE_NONE);
    ck_assert_int_eq(route == CPU_ROUTE_NONE, pooled == 0);
    if (route == CPU_ROUTE_NONE) {
        ck_assert(largest <= decision_bound);
    } else {
        ck_assert(outputs[route].value >= largest - 2 * decision_bound);
    }
}

START_TEST(conv2_forward_is_within_its_rounding)
{
    const cpu_kernels *kernels = isas[_i];
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

/* With biases of 0 a blank patch gives exactly 0, which no gate and no tie may take for more:
 * where every output that sees ink is clearly below 0, the window is shut. */
START_TEST(a_blank_patch_gives_exactly_the_bias)
{
    const cpu_kernels *kernels = isas[_i];
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
                    ck_assert_int_eq(c.route[at], CPU_ROUTE_NONE);
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

/* The rows of dense1's kernel that the tests use: its first INPUTS inputs. */
enum { INPUTS = 8 * CPU_DENSE1_SPLIT, WEIGHTS = INPUTS * LENET_DENSE1 };

/* Where an image is the same along its diagonals, a window's outputs 1 and 2 see the same, and the
 * first of equal ones gets the gradient. Rounding would take the other in half of the cases. */
START_TEST(the_first_of_equal_outputs_wins)
{
    const cpu_kernels *kernels = isas[_i];
    int first = 0;
    for (uint64_t seed = 0; seed < 3; seed++) {
        convolutions c = convolve(kernels, draw_diagonals, seed, 0.1f);
        for (int i = 0; i < LENET_FLAT; i++) {
            ck_assert_int_ne(c.route[i], 2);
            first += c.route[i] == 1;
        }
        release(&c);
    }
    ck_assert_int_gt(first, 1000);
}
END_TEST

/* dense1 over `n` samples with one input in three open. */
typedef struct dense1 {
    uint32_t n;
    float *pooled;
    uint8_t *route;
    float *sums_gradient;
    float *kernel;
    float *moments[2];
    float *pooled_gradient;
    float (*gradient)[LENET_DENSE1];
} dense1;

static dense1 make_dense1(uint32_t n)
{
    dense1 d = {
        .n = n,
        .pooled = room((size_t)n * CPU_POOL_STRIDE * sizeof(float)),
        .route = room((size_t)n * LENET_FLAT),
        .sums_gradient = room((size_t)n * LENET_DENSE1 * sizeof(float)),
        .kernel = room(WEIGHTS * sizeof(float)),
        .moments = {room(WEIGHTS * sizeof(float)), room(WEIGHTS * sizeof(float))},
        .pooled_gradient = room((size_t)n * CPU_POOL_STRIDE * sizeof(float)),
        .gradient = room(CPU_DENSE1_BLOCK * LENET_DENSE1 * sizeof(float)),
    };
    fill(d.sums_gradient, (size_t)n * LENET_DENSE1, 2, 1);
    fill(d.kernel, WEIGHTS, 3, 1);
    for (size_t sample = 0; sample < n; sample++) {
        fill(d.pooled + sample * CPU_POOL_STRIDE, INPUTS, 4 + sample, 1);
        for (size_t i = 0; i < INPUTS; i++) {
            float *input = &d.pooled[sample * CPU_POOL_STRIDE + i];
            const bool open = *input > 0.33f;
            *input = open ? *input : 0;
            d.route[sample * LENET_FLAT + i] = open ? (uint8_t)(i % 4) : CPU_ROUTE_NONE;
        }
    }
    return d;
}

static void release_dense1(dense1 *d)
{
    free(d->pooled);
    free(d->route);
    free(d->sums_gradient);
    free(d->kernel);
    free(d->moments[0]);
    free(d->moments[1]);
    free(d->pooled_gradient);
    free(d->gradient);
}

/* A sum of `terms` products that add up to `magnitude`, each rounded twice at most in its product
 * and once in each of the additions behind it. */
static void expect_sum(double value, double expected, double terms, double magnitude)
{
    ck_assert(fabs(value - expected) <= (terms + 2) * unit_roundoff * magnitude);
}

static const uint32_t batches[] = {1, 6, LARGE_BATCH};

START_TEST(dense1_forward_is_within_its_rounding)
{
    const cpu_kernels *kernels = isas[_i];
    dense1 d = make_dense1(6);
    float *sums = room((size_t)d.n * LENET_DENSE1 * sizeof *sums);
    const size_t first = (size_t)7 * CPU_DENSE1_SPLIT;
    kernels->dense1_forward(d.pooled, d.route, d.n, d.kernel, 7, sums);
    for (uint32_t sample = 0; sample < d.n; sample++) {
        for (size_t j = 0; j < LENET_DENSE1; j++) {
            double expected = 0;
            double magnitude = 0;
            for (size_t i = first; i < first + CPU_DENSE1_SPLIT; i++) {
                const double term = (double)d.pooled[sample * CPU_POOL_STRIDE + i] *
                                    (double)d.kernel[i * LENET_DENSE1 + j];
                expected += term;
                magnitude += fabs(term);
            }
            expect_sum((double)sums[sample * LENET_DENSE1 + j], expected, CPU_DENSE1_SPLIT,
                       magnitude);
        }
    }
    free(sums);
    release_dense1(&d);
}
END_TEST

/* The gradient of weight (i, j), i an input of the whole layer. */
static void check_weight_gradient(const dense1 *d, size_t i, size_t j, double value)
{
    double expected = 0;
    double magnitude = 0;
    for (size_t sample = 0; sample < d->n; sample++) {
        const double term = (double)d->pooled[sample * CPU_POOL_STRIDE + i] *
                            (double)d->sums_gradient[sample * LENET_DENSE1 + j];
        expected += term;
        magnitude += fabs(term);
    }
    expect_sum(value, expected, d->n, magnitude);
}

static void check_input_gradient(const dense1 *d, const float *kernel, size_t sample, size_t i)
{
    double expected = 0;
    double magnitude = 0;
    for (size_t j = 0; j < LENET_DENSE1; j++) {
        const double term = (double)kernel[i * LENET_DENSE1 + j] *
                            (double)d->sums_gradient[sample * LENET_DENSE1 + j];
        expected += term;
        magnitude += fabs(term);
    }
    expect_sum((double)d->pooled_gradient[sample * CPU_POOL_STRIDE + i], expected, LENET_DENSE1,
               magnitude);
}

/* With Adam's rates at 1, m becomes the gradient and v its square. */
START_TEST(dense1_backward_is_within_its_rounding)
{
    enum { BLOCK = 5 };
    const cpu_kernels *kernels = isas[_i];
    const cpu_adam adam = {
        .alpha = 0.5f, .one_minus_beta_1 = 1, .one_minus_beta_2 = 1, .epsilon = 1};
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        dense1 d = make_dense1(batches[b]);
        float *before = room(WEIGHTS * sizeof *before);
        memcpy(before, d.kernel, WEIGHTS * sizeof *before);
        const cpu_dense1_weights weights = {d.kernel, d.moments[0], d.moments[1], &adam};
        const size_t first = (size_t)BLOCK * CPU_DENSE1_BLOCK;
        kernels->dense1_backward(&weights, d.pooled, d.route, d.sums_gradient, d.n, BLOCK,
                                 d.gradient, d.pooled_gradient);
        for (size_t i = first; i < first + CPU_DENSE1_BLOCK; i++) {
            for (size_t j = 0; j < LENET_DENSE1; j++) {
                const size_t at = i * LENET_DENSE1 + j;
                const double m = (double)d.moments[0][at];
                check_weight_gradient(&d, i, j, m);
                ck_assert(fabs((double)d.moments[1][at] - m * m) <= 2 * unit_roundoff * m * m);
                const double step = 0.5 * m / (fabs(m) + 1);
                ck_assert(fabs((double)d.kernel[at] - ((double)before[at] - step)) <=
                          8 * unit_roundoff);
            }
            for (size_t sample = 0; sample < d.n; sample++) {
                if (d.route[sample * LENET_FLAT + i] != CPU_ROUTE_NONE) {
                    check_input_gradient(&d, before, sample, i);
                }
            }
        }
        kernels->dense1_kernel_gradient(d.pooled, d.route, d.sums_gradient, d.n, BLOCK, d.gradient);
        ck_assert_mem_eq(d.gradient, d.moments[0] + first * LENET_DENSE1,
                         sizeof *d.gradient * CPU_DENSE1_BLOCK);
        memset(d.moments[0] + first * LENET_DENSE1, 0, sizeof *d.gradient * CPU_DENSE1_BLOCK);
        for (size_t at = 0; at < WEIGHTS; at++) {
            ck_assert(d.moments[0][at] == 0); /* no other block was touched */
        }
        free(before);
        release_dense1(&d);
    }
}
END_TEST

int main(void)
{
    for (size_t i = 0; cpu_kernels_list[i] != NULL; i++) {
        if (cpu_kernels_find(cpu_kernels_list[i]->isa) != NULL) {
            isas[isa_count++] = cpu_kernels_list[i];
        } else {
            printf("leaving out %s\n", cpu_kernels_list[i]->isa);
        }
    }
    Suite *suite = suite_create("cpu layers");
    TCase *c = tcase_create("cpu layers");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, ink_is_found_where_a_position_sees_it);
    tcase_add_loop_test(c, conv2_forward_is_within_its_rounding, 0, isa_count);
    tcase_add_loop_test(c, a_blank_patch_gives_exactly_the_bias, 0, isa_count);
    tcase_add_loop_test(c, the_first_of_equal_outputs_wins, 0, isa_count);
    tcase_add_loop_test(c, dense1_forward_is_within_its_rounding, 0, isa_count);
    tcase_add_loop_test(c, dense1_backward_is_within_its_rounding, 0, isa_count);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
