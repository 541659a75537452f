#include "cuda_oracle.h"

#include <check.h>
#include <math.h>

#include "cpu_kernels.h"
#include "cuda_host.h"
#include "reference_layers.h"

float *conv1_of(const cuda_fixture *f)
{
    float *conv1 = NULL;
    ck_assert_int_eq(cudaMalloc((void **)&conv1, f->n * LENET_CONV1_FLOATS * sizeof *conv1),
                     cudaSuccess);
    cuda_batch batch = f->batch;
    batch.progress = NULL;
    batch.first = f->batch.first + f->begin;
    batch.n = f->n;
    ck_assert_int_eq(cuda_conv1_output(&batch, f->p.values, conv1, NULL), cudaSuccess);
    return conv1;
}

/* conv2 of one sample before ReLU and, if not NULL, the sums of its terms' absolute values. */
static void convolve2(const cuda_fixture *f, const float *conv1, engine_precision precision,
                      double *out, double *absolute)
{
    static double in[LENET_CONV1_FLOATS];
    static double kernel[9 * 32 * 64];
    static double bias[64];
    round_all(in, conv1, LENET_CONV1_FLOATS, precision);
    round_all(kernel, f->p.values + LENET_CONV2_KERNEL_AT, 9 * 32 * 64, precision);
    round_all(bias, f->p.values + LENET_CONV2_BIAS_AT, 64, ENGINE_FP32);
    reference_convolve(in, LENET_CONV1_SIDE, 32, kernel, bias, 64, out);
    if (absolute == NULL) {
        return;
    }
    for (size_t i = 0; i < 9 * 32 * 64; i++) {
        kernel[i] = fabs(kernel[i]); /* conv1 is not negative */
    }
    for (size_t i = 0; i < 64; i++) {
        bias[i] = fabs(bias[i]);
    }
    reference_convolve(in, LENET_CONV1_SIDE, 32, kernel, bias, 64, absolute);
}

static size_t window_place(size_t e, size_t place)
{
    const size_t row = e / (12 * 64) * 2 + place / 2;
    const size_t column = e / 64 % 12 * 2 + place % 2;
    return (row * 24 + column) * 64 + e % 64;
}

/* Checks pooled and argmax of element e. `before` and `bounds` are conv2's values and their bounds;
 * `factor` is 0 if the element is dropped, else dropout's scale. */
static void compare_window(const cuda_fixture *f, size_t at, size_t e, const double *before,
                           const double *bounds, double factor)
{
    double largest = 0;
    double bound = 0;
    for (size_t p = 0; p < 4; p++) {
        largest = fmax(largest, before[window_place(e, p)]);
        bound = fmax(bound, sum_bound(289, bounds[window_place(e, p)]));
    }
    if (f->a.argmax == NULL) {
        expect_near("pooled", e, (double)f->a.pooled[at], largest * factor, bound * factor);
        return;
    }
    const uint8_t argmax = f->a.argmax[at];
    expect(argmax <= 4, "argmax is none", at);
    if (factor == 0 || argmax == 4) {
        expect(f->a.pooled[at] == 0 && argmax == 4, "dropped or closed by halves", at);
        expect_near("closed window", e, factor == 0 ? 0 : largest, 0, bound);
        return;
    }
    expect(f->a.pooled[at] > 0, "open, but nothing comes through", at);
    expect_near("pooled", e, f->a.pooled[at], largest * factor,
                (bound + 0x1p-23 * largest) * factor);
    const double chosen = before[window_place(e, argmax)];
    expect_near("routed value", e, chosen, largest, 2 * bound);
    for (size_t p = 0; p < argmax; p++) {
        /* Of equal values the first must win, and equal patches have equal sums. */
        expect(before[window_place(e, p)] != chosen, "not the first of equals", at);
    }
}

/* The factors of dropout1: the CPU engine's dropout of ones. */
static void cpu_factors(const cuda_fixture *f, uint32_t i, float *factor)
{
    static uint8_t argmax[LENET_FLAT];
    static uint8_t bytes[LENET_FLAT + 256];
    for (size_t e = 0; e < LENET_FLAT; e++) {
        factor[e] = 1;
    }
    if (f->batch.dropout) {
        cpu_kernels_find("portable")
            ->dropout1(f->batch.seed, f->progress->step, f->begin + i, bytes, factor, argmax);
    }
}

void expected_pooled(const cuda_fixture *f, engine_precision precision, double *pooled)
{
    static double before[LENET_CONV2_FLOATS];
    static float factor[LENET_FLAT];
    float *conv1 = conv1_of(f);
    for (uint32_t i = 0; i < f->n; i++) {
        convolve2(f, conv1 + i * LENET_CONV1_FLOATS, precision, before, NULL);
        cpu_factors(f, i, factor);
        for (size_t e = 0; e < LENET_FLAT; e++) {
            double largest = 0;
            for (size_t p = 0; p < 4; p++) {
                largest = fmax(largest, before[window_place(e, p)]);
            }
            pooled[i * LENET_FLAT + e] = largest * (double)factor[e];
        }
    }
    ck_assert_int_eq(cudaFree(conv1), cudaSuccess);
}

void compare_pooled(const cuda_fixture *f, engine_precision precision)
{
    static double before[LENET_CONV2_FLOATS];
    static double absolute[LENET_CONV2_FLOATS];
    static float factor[LENET_FLAT];
    float *conv1 = conv1_of(f);
    for (uint32_t i = 0; i < f->n; i++) {
        convolve2(f, conv1 + i * LENET_CONV1_FLOATS, precision, before, absolute);
        cpu_factors(f, i, factor);
        for (size_t e = 0; e < LENET_FLAT; e++) {
            compare_window(f, i * LENET_FLAT + e, e, before, absolute, (double)factor[e]);
        }
    }
    ck_assert_int_eq(cudaFree(conv1), cudaSuccess);
}
