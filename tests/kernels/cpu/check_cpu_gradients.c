/* Compares the convolutions' gradients and conv1's forward pass, for each instruction set, with
 * plain loops in double. */
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "layer_tables.h"
#include "philox.h"

enum {
    SIDE = LENET_CONV1_SIDE,
    IN = LENET_CONV1_CHANNELS,
    OUT = LENET_CONV2_CHANNELS,
    TAPS = LENET_KERNEL_SIDE * LENET_KERNEL_SIDE,
};

/* The inputs and outputs of both backward passes. */
typedef struct gradients {
    float *image;
    float *conv1;
    float *kernel_transposed;
    float *pooled_gradient;
    uint8_t *argmax;
    float *conv1_gradient;
    cpu_conv_gradients *before;
    cpu_conv_gradients *sums;
    struct cpu_entry (*entries)[CPU_POSITIONS];
} gradients;

/* A third of the activations is 0. `open` of 256 pooled ones have an argmax: a random one of
 * outputs 0 to 3, in the last channel always 3. The gradient of the others is NaN, since nothing
 * may read it. */
static gradients make_gradients(uint32_t open, uint64_t seed)
{
    const gradients g = {
        .image = room(LENET_IMAGE_PIXELS * sizeof(float)),
        .conv1 = room(LENET_CONV1_FLOATS * sizeof(float)),
        .kernel_transposed = room((size_t)OUT * CPU_PATCH * sizeof(float)),
        .pooled_gradient = room(LENET_FLAT * sizeof(float)),
        .argmax = room(LENET_FLAT),
        .conv1_gradient = room(LENET_CONV1_FLOATS * sizeof(float)),
        .before = room(sizeof(cpu_conv_gradients)),
        .sums = room(sizeof(cpu_conv_gradients)),
        .entries = room(sizeof(struct cpu_entry) * OUT * CPU_POSITIONS),
    };
    fill(g.image, LENET_IMAGE_PIXELS, seed, 1);
    fill(g.conv1, LENET_CONV1_FLOATS, seed + 1, 1);
    for (int i = 0; i < LENET_CONV1_FLOATS; i++) {
        g.conv1[i] = g.conv1[i] > -0.33f ? fabsf(g.conv1[i]) : 0;
    }
    fill(g.kernel_transposed, (size_t)OUT * CPU_PATCH, seed + 2, 0.1f);
    fill(g.pooled_gradient, LENET_FLAT, seed + 3, 0.01f);
    for (uint32_t i = 0; i < LENET_FLAT; i++) {
        const philox_block block = philox(seed, PHILOX_ORDER, 3, i);
        const bool is_open = block.word[0] % 256 < open;
        g.argmax[i] = !is_open ? CPU_ROUTE_NONE : i % OUT == OUT - 1 ? 3 : block.word[1] % 4;
        g.pooled_gradient[i] = is_open ? g.pooled_gradient[i] : NAN;
    }
    for (int i = 0; i < LENET_CONV1_FLOATS; i++) {
        g.conv1_gradient[i] = NAN;
    }
    fill((float *)g.before, sizeof *g.before / sizeof(float), seed + 4, 0.1f);
    *g.sums = *g.before;
    return g;
}

static void release_gradients(gradients *g)
{
    free(g->image);
    free(g->conv1);
    free(g->kernel_transposed);
    free(g->pooled_gradient);
    free(g->argmax);
    free(g->conv1_gradient);
    free(g->before);
    free(g->sums);
    free(g->entries);
}

/* The expected sums of conv2_backward. */
typedef struct conv2_sums {
    exact_sum kernel[OUT][CPU_PATCH];
    exact_sum bias[OUT];
    exact_sum conv1[LENET_CONV1_FLOATS];
} conv2_sums;

static void expect_entry(const gradients *g, int i, bool dropout, conv2_sums *expected)
{
    const int channel = i % OUT;
    const int place = i / OUT;
    const int y = place / LENET_POOL_SIDE * 2 + g->argmax[i] / 2;
    const int x = place % LENET_POOL_SIDE * 2 + g->argmax[i] % 2;
    const double kept = dropout ? 1 - LENET_DROPOUT1_RATE_256 / 256.0 : 1;
    const double gradient = (double)g->pooled_gradient[i] / kept;
    exact_add(&expected->bias[channel], gradient);
    for (int p = 0; p < CPU_PATCH; p++) {
        const int tap = p / IN;
        const int at = ((y + tap / 3) * SIDE + x + tap % 3) * IN + p % IN;
        exact_add(&expected->kernel[channel][p], gradient * (double)g->conv1[at]);
        exact_add(&expected->conv1[at],
                  gradient * (double)g->kernel_transposed[channel * CPU_PATCH + p]);
    }
}

static conv2_sums *expect_conv2(const gradients *g, bool dropout)
{
    conv2_sums *expected = room(sizeof *expected);
    for (int c = 0; c < OUT; c++) {
        exact_add(&expected->bias[c], (double)g->before->conv2_bias[c]);
        for (int p = 0; p < CPU_PATCH; p++) {
            exact_add(&expected->kernel[c][p], (double)g->before->conv2_kernel[c][p]);
        }
    }
    for (int i = 0; i < LENET_FLAT; i++) {
        if (g->argmax[i] != CPU_ROUTE_NONE) {
            expect_entry(g, i, dropout, expected);
        }
    }
    return expected;
}

/* From no open windows, over the share that training has, to all of them. The gradient without
 * dropout has more open ones. */
static const struct {
    uint32_t open_of_256;
    bool dropout;
} windows[] = {{0, true}, {1, true}, {70, true}, {256, true}, {90, false}};

START_TEST(conv2_backward_is_within_its_rounding)
{
    /* Roundings: dropout's factor, its product with the gradient, and that times a value. */
    enum { FACTORS = 3 };
    const cpu_kernels *kernels = layer_tables[_i];
    for (size_t k = 0; k < sizeof windows / sizeof *windows; k++) {
        const bool dropout = windows[k].dropout;
        gradients g = make_gradients(windows[k].open_of_256, 10 * k);
        kernels->conv2_backward(g.conv1, g.kernel_transposed, g.pooled_gradient, g.argmax, dropout,
                                g.entries, g.sums, g.conv1_gradient);
        conv2_sums *expected = expect_conv2(&g, dropout);
        for (int i = 0; i < LENET_CONV1_FLOATS; i++) {
            expect_sum(&expected->conv1[i], FACTORS, g.conv1_gradient[i]);
        }
        for (int c = 0; c < OUT; c++) {
            expect_sum(&expected->bias[c], FACTORS, g.sums->conv2_bias[c]);
            for (int p = 0; p < CPU_PATCH; p++) {
                expect_sum(&expected->kernel[c][p], FACTORS, g.sums->conv2_kernel[c][p]);
            }
        }
        ck_assert_mem_eq(g.sums->conv1_kernel, g.before->conv1_kernel,
                         sizeof g.sums->conv1_kernel + sizeof g.sums->conv1_bias);
        free(expected);
        release_gradients(&g);
    }
}
END_TEST

START_TEST(conv1_backward_is_within_its_rounding)
{
    const cpu_kernels *kernels = layer_tables[_i];
    gradients g = make_gradients(0, 100);
    fill(g.conv1_gradient, LENET_CONV1_FLOATS, 105, 0.01f);
    kernels->conv1_backward(g.image, g.conv1, g.conv1_gradient, g.sums);
    for (int c = 0; c < IN; c++) {
        exact_sum bias = {0};
        exact_sum kernel[TAPS] = {{0}};
        exact_add(&bias, (double)g.before->conv1_bias[c]);
        for (int tap = 0; tap < TAPS; tap++) {
            exact_add(&kernel[tap], (double)g.before->conv1_kernel[tap][c]);
        }
        for (int place = 0; place < SIDE * SIDE; place++) {
            if (g.conv1[place * IN + c] > 0) {
                const double gradient = (double)g.conv1_gradient[place * IN + c];
                exact_add(&bias, gradient);
                for (int tap = 0; tap < TAPS; tap++) {
                    const int y = place / SIDE + tap / 3;
                    const int x = place % SIDE + tap % 3;
                    exact_add(&kernel[tap], gradient * (double)g.image[y * LENET_IMAGE_SIDE + x]);
                }
            }
        }
        expect_sum(&bias, 0, g.sums->conv1_bias[c]);
        for (int tap = 0; tap < TAPS; tap++) {
            expect_sum(&kernel[tap], 1, g.sums->conv1_kernel[tap][c]);
        }
    }
    ck_assert_mem_eq(g.sums->conv2_kernel, g.before->conv2_kernel,
                     sizeof g.sums->conv2_kernel + sizeof g.sums->conv2_bias);
    release_gradients(&g);
}
END_TEST

START_TEST(conv1_forward_is_within_its_rounding)
{
    const cpu_kernels *kernels = layer_tables[_i];
    float *image = room(LENET_IMAGE_PIXELS * sizeof *image);
    float *kernel = room((size_t)TAPS * IN * sizeof *kernel);
    float *bias = room(IN * sizeof *bias);
    float *out = room(LENET_CONV1_FLOATS * sizeof *out);
    int shut = 0;
    fill(image, LENET_IMAGE_PIXELS, 1, 1);
    fill(kernel, (size_t)TAPS * IN, 2, 0.14f);
    fill(bias, IN, 3, 0.1f);
    kernels->conv1_forward(image, kernel, bias, out);
    for (int i = 0; i < LENET_CONV1_FLOATS; i++) {
        const int y = i / IN / SIDE;
        const int x = i / IN % SIDE;
        exact_sum expected = {0};
        exact_add(&expected, (double)bias[i % IN]);
        for (int tap = 0; tap < TAPS; tap++) {
            exact_add(&expected, (double)image[(y + tap / 3) * LENET_IMAGE_SIDE + x + tap % 3] *
                                     (double)kernel[tap * IN + i % IN]);
        }
        expected.value = fmax(expected.value, 0);
        expect_sum(&expected, 1, out[i]);
        shut += expected.value == 0;
    }
    ck_assert_int_gt(shut, LENET_CONV1_FLOATS / 4);
    ck_assert_int_lt(shut, LENET_CONV1_FLOATS / 4 * 3);
    free(image);
    free(kernel);
    free(bias);
    free(out);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {conv1_forward_is_within_its_rounding,
                                  conv1_backward_is_within_its_rounding,
                                  conv2_backward_is_within_its_rounding};
    return layer_tables_check("cpu gradients", tests, sizeof tests / sizeof *tests);
}
