/* Compares dense1 and its update, for each instruction set, with plain loops in double. */
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "layer_tables.h"

enum { LARGE_BATCH = 2 * 64 + 3 };

/* The rows of dense1's kernel that the tests use: its first INPUTS inputs. */
enum { INPUTS = 8 * CPU_DENSE1_SPLIT, WEIGHTS = INPUTS * LENET_DENSE1 };

/* dense1 for `n` samples, with a third of the inputs open. */
typedef struct dense1 {
    uint32_t n;
    float *pooled;
    uint8_t *argmax;
    float *preactivation_gradient;
    float *kernel;
    float *moments[2];
    float *pooled_gradient;
    float (*gradient)[LENET_DENSE1];
} dense1;

static dense1 make_dense1(uint32_t n)
{
    const dense1 d = {
        .n = n,
        .pooled = room((size_t)n * CPU_POOL_STRIDE * sizeof(float)),
        .argmax = room((size_t)n * LENET_FLAT),
        .preactivation_gradient = room((size_t)n * LENET_DENSE1 * sizeof(float)),
        .kernel = room(WEIGHTS * sizeof(float)),
        .moments = {room(WEIGHTS * sizeof(float)), room(WEIGHTS * sizeof(float))},
        .pooled_gradient = room((size_t)n * CPU_POOL_STRIDE * sizeof(float)),
        .gradient = room(CPU_DENSE1_BLOCK * LENET_DENSE1 * sizeof(float)),
    };
    fill(d.preactivation_gradient, (size_t)n * LENET_DENSE1, 2, 1);
    fill(d.kernel, WEIGHTS, 3, 1);
    for (size_t sample = 0; sample < n; sample++) {
        fill(d.pooled + sample * CPU_POOL_STRIDE, INPUTS, 4 + sample, 1);
        for (size_t i = 0; i < INPUTS; i++) {
            float *input = &d.pooled[sample * CPU_POOL_STRIDE + i];
            const bool open = *input > 0.33f;
            *input = open ? *input : 0;
            d.argmax[sample * LENET_FLAT + i] = open ? (uint8_t)(i % 4) : CPU_ROUTE_NONE;
        }
    }
    return d;
}

static void release_dense1(dense1 *d)
{
    free(d->pooled);
    free(d->argmax);
    free(d->preactivation_gradient);
    free(d->kernel);
    free(d->moments[0]);
    free(d->moments[1]);
    free(d->pooled_gradient);
    free(d->gradient);
}

static const uint32_t batches[] = {1, 6, LARGE_BATCH};

START_TEST(dense1_forward_is_within_its_rounding)
{
    const cpu_kernels *kernels = layer_tables[_i];
    dense1 d = make_dense1(6);
    float *sums = room((size_t)d.n * LENET_DENSE1 * sizeof *sums);
    const size_t first = (size_t)7 * CPU_DENSE1_SPLIT;
    kernels->dense1_forward(d.pooled, d.argmax, d.n, d.kernel, 7, sums);
    for (uint32_t sample = 0; sample < d.n; sample++) {
        for (size_t j = 0; j < LENET_DENSE1; j++) {
            exact_sum expected = {0};
            for (size_t i = first; i < first + CPU_DENSE1_SPLIT; i++) {
                exact_add(&expected, (double)d.pooled[sample * CPU_POOL_STRIDE + i] *
                                         (double)d.kernel[i * LENET_DENSE1 + j]);
            }
            expect_sum(&expected, 1, sums[sample * LENET_DENSE1 + j]);
        }
    }
    free(sums);
    release_dense1(&d);
}
END_TEST

/* The gradient of weight (i, j), where i is an input of the whole layer. */
static void check_weight_gradient(const dense1 *d, size_t i, size_t j, float value)
{
    exact_sum expected = {0};
    for (size_t sample = 0; sample < d->n; sample++) {
        exact_add(&expected, (double)d->pooled[sample * CPU_POOL_STRIDE + i] *
                                 (double)d->preactivation_gradient[sample * LENET_DENSE1 + j]);
    }
    expect_sum(&expected, 1, value);
}

static void check_input_gradient(const dense1 *d, const float *kernel, size_t sample, size_t i)
{
    exact_sum expected = {0};
    for (size_t j = 0; j < LENET_DENSE1; j++) {
        exact_add(&expected, (double)kernel[i * LENET_DENSE1 + j] *
                                 (double)d->preactivation_gradient[sample * LENET_DENSE1 + j]);
    }
    expect_sum(&expected, 1, d->pooled_gradient[sample * CPU_POOL_STRIDE + i]);
}

static cpu_dense1_weights weights_of(const dense1 *d, const cpu_adam *adam, bool first, bool last)
{
    return (cpu_dense1_weights){.kernel = d->kernel,
                                .moment_m = d->moments[0],
                                .moment_v = d->moments[1],
                                .adam = adam,
                                .first = first,
                                .last = last};
}

/* With Adam's rates at 1, m becomes the gradient and v its square. */
START_TEST(dense1_backward_is_within_its_rounding)
{
    enum { BLOCK = 5 };
    const cpu_kernels *kernels = layer_tables[_i];
    const cpu_adam adam = {
        .alpha = 0.5f, .one_minus_beta_1 = 1, .one_minus_beta_2 = 1, .epsilon = 1};
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        dense1 d = make_dense1(batches[b]);
        float *before = room(WEIGHTS * sizeof *before);
        memcpy(before, d.kernel, WEIGHTS * sizeof *before);
        const cpu_dense1_weights weights = weights_of(&d, &adam, true, true);
        const size_t first = (size_t)BLOCK * CPU_DENSE1_BLOCK;
        kernels->dense1_backward(&weights, d.pooled, d.argmax, d.preactivation_gradient, d.n, BLOCK,
                                 d.gradient, d.pooled_gradient);
        for (size_t i = first; i < first + CPU_DENSE1_BLOCK; i++) {
            for (size_t j = 0; j < LENET_DENSE1; j++) {
                const size_t at = i * LENET_DENSE1 + j;
                const double m = (double)d.moments[0][at];
                check_weight_gradient(&d, i, j, d.moments[0][at]);
                ck_assert(fabs((double)d.moments[1][at] - m * m) <= 2 * unit_roundoff * m * m);
                const double step = 0.5 * m / (fabs(m) + 1);
                ck_assert(fabs((double)d.kernel[at] - ((double)before[at] - step)) <=
                          8 * unit_roundoff);
            }
            for (size_t sample = 0; sample < d.n; sample++) {
                if (d.argmax[sample * LENET_FLAT + i] != CPU_ROUTE_NONE) {
                    check_input_gradient(&d, before, sample, i);
                }
            }
        }
        kernels->dense1_kernel_gradient(d.pooled, d.argmax, d.preactivation_gradient, d.n, BLOCK,
                                        d.gradient);
        ck_assert_mem_eq(d.gradient, d.moments[0] + first * LENET_DENSE1,
                         sizeof *d.gradient * CPU_DENSE1_BLOCK);
        memset(d.moments[0] + first * LENET_DENSE1, 0, sizeof *d.gradient * CPU_DENSE1_BLOCK);
        for (size_t at = 0; at < WEIGHTS; at++) {
            ck_assert(d.moments[0][at] == 0); /* no other block was changed */
        }
        free(before);
        release_dense1(&d);
    }
}
END_TEST

/* Backward pass of samples first .. end - 1 of d. */
static void backward_part(const cpu_kernels *kernels, const dense1 *d, const cpu_adam *adam,
                          uint32_t first, uint32_t end, unsigned block)
{
    const cpu_dense1_weights weights = weights_of(d, adam, first == 0, end == d->n);
    kernels->dense1_backward(&weights, d->pooled + (size_t)first * CPU_POOL_STRIDE,
                             d->argmax + (size_t)first * LENET_FLAT,
                             d->preactivation_gradient + (size_t)first * LENET_DENSE1, end - first,
                             block, d->gradient,
                             d->pooled_gradient + (size_t)first * CPU_POOL_STRIDE);
}

/* With micro-batches of fewer and of more samples than the kernel processes at a time. */
START_TEST(dense1_backward_in_micro_batches_has_the_bits_of_the_whole_batch)
{
    enum { BLOCK = 3, FIRST_END = 1, SECOND_END = 4 };
    const cpu_kernels *kernels = layer_tables[_i];
    const cpu_adam adam = {
        .alpha = 0.5f, .one_minus_beta_1 = 0.1f, .one_minus_beta_2 = 0.1f, .epsilon = 1};
    dense1 whole = make_dense1(LARGE_BATCH);
    dense1 parts = make_dense1(LARGE_BATCH);
    backward_part(kernels, &whole, &adam, 0, whole.n, BLOCK);
    backward_part(kernels, &parts, &adam, 0, FIRST_END, BLOCK);
    ck_assert_mem_eq(parts.moments[0], parts.moments[1], WEIGHTS * sizeof(float)); /* both 0 */
    backward_part(kernels, &parts, &adam, FIRST_END, SECOND_END, BLOCK);
    backward_part(kernels, &parts, &adam, SECOND_END, parts.n, BLOCK);
    ck_assert_mem_eq(whole.gradient, parts.gradient, sizeof *whole.gradient * CPU_DENSE1_BLOCK);
    ck_assert_mem_eq(whole.kernel, parts.kernel, WEIGHTS * sizeof(float));
    ck_assert_mem_eq(whole.moments[0], parts.moments[0], WEIGHTS * sizeof(float));
    ck_assert_mem_eq(whole.moments[1], parts.moments[1], WEIGHTS * sizeof(float));
    ck_assert_mem_eq(whole.pooled_gradient, parts.pooled_gradient,
                     (size_t)whole.n * CPU_POOL_STRIDE * sizeof(float));
    release_dense1(&parts);
    release_dense1(&whole);
}
END_TEST

/* Smaller moments would shrink until they are subnormal, stay so, and be slow. */
START_TEST(a_moment_below_the_smallest_kept_becomes_0)
{
    enum { COUNT = 16 };
    const cpu_kernels *kernels = layer_tables[_i];
    const cpu_adam adam = {
        .alpha = 0.5f, .one_minus_beta_1 = 0.25f, .one_minus_beta_2 = 0.25f, .epsilon = 1};
    const float smallest = LENET_SMALLEST_MOMENT;
    const float moments[4] = {smallest, 4 * smallest, -smallest, -1};
    const float expected[4] = {0, 3 * smallest, 0, -0.75f};
    const float gradient[COUNT] = {0};
    float p[COUNT];
    float m[COUNT];
    float v[COUNT];
    for (int i = 0; i < COUNT; i++) {
        p[i] = 1;
        m[i] = moments[i % 4];
        v[i] = fabsf(moments[i % 4]);
    }
    kernels->adam(&adam, p, m, v, gradient, COUNT);
    for (int i = 0; i < COUNT; i++) {
        ck_assert(m[i] == expected[i % 4]);
        ck_assert(v[i] == fabsf(expected[i % 4]));
        ck_assert(i % 4 == 3 ? p[i] > 1 : p[i] == 1);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {dense1_forward_is_within_its_rounding,
                                  dense1_backward_is_within_its_rounding,
                                  dense1_backward_in_micro_batches_has_the_bits_of_the_whole_batch,
                                  a_moment_below_the_smallest_kept_becomes_0};
    return layer_tables_check("cpu dense1", tests, sizeof tests / sizeof *tests);
}
