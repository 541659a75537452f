#include "cuda_oracle.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_host.h"
#include "reference_layers.h"

void add_head_sums(const cuda_fixture *f, double *sums)
{
    for (size_t i = 0; i < f->n; i++) {
        for (size_t e = 0; e < 128 * 10; e++) {
            sums[e] += (double)f->a.dense1[i * 128 + e / 10] *
                       (double)f->a.logits_gradient[i * 10 + e % 10];
        }
        for (size_t c = 0; c < 10; c++) {
            sums[1280 + c] += (double)f->a.logits_gradient[i * 10 + c];
        }
        for (size_t j = 0; j < 128; j++) {
            sums[1290 + j] += (double)f->a.preactivation_gradient[i * 128 + j];
        }
    }
}

void expected_kernel_gradient(const cuda_fixture *f, engine_precision precision, double *sum,
                              double *absolute)
{
    memset(sum, 0, LENET_FLAT * 128 * sizeof *sum);
    memset(absolute, 0, LENET_FLAT * 128 * sizeof *absolute);
    for (size_t i = 0; i < f->n; i++) {
        double gradient[128];
        round_all(gradient, f->a.preactivation_gradient + i * 128, 128, precision);
        for (size_t k = 0; k < LENET_FLAT; k++) {
            const double x = rounded(f->a.pooled[i * LENET_FLAT + k], precision);
            for (size_t j = 0; j < 128; j++) {
                sum[k * 128 + j] += x * gradient[j];
                absolute[k * 128 + j] += fabs(x * gradient[j]);
            }
        }
    }
}

void expected_pooled_gradient(const cuda_fixture *f, engine_precision precision, double *sum,
                              double *absolute)
{
    static double kernel[LENET_FLAT * 128];
    round_all(kernel, f->p.values + LENET_DENSE1_KERNEL_AT, LENET_FLAT * 128, precision);
    for (size_t i = 0; i < f->n; i++) {
        double gradient[128];
        round_all(gradient, f->a.preactivation_gradient + i * 128, 128, precision);
        for (size_t k = 0; k < LENET_FLAT; k++) {
            const size_t at = i * LENET_FLAT + k;
            sum[at] = absolute[at] = 0;
            for (size_t j = 0; j < 128; j++) {
                sum[at] += kernel[k * 128 + j] * gradient[j];
                absolute[at] += fabs(kernel[k * 128 + j] * gradient[j]);
            }
        }
    }
}

void compare_pooled_gradient(const cuda_fixture *f, engine_precision precision)
{
    const size_t count = (size_t)f->n * LENET_FLAT;
    double *sum = calloc(2 * count + 1, sizeof *sum);
    ck_assert_ptr_nonnull(sum);
    expected_pooled_gradient(f, precision, sum, sum + count);
    for (size_t e = 0; e < count; e++) {
        expect_near("gradient of pooled", e, (double)f->a.pooled_gradient[e], sum[e],
                    sum_bound(128, sum[count + e]));
    }
    free(sum);
}

/* delta [24,24,64] of sample i, rounded as a factor and unrounded. */
static void make_delta(const cuda_fixture *f, size_t i, engine_precision precision, double *delta,
                       double *plain)
{
    memset(delta, 0, LENET_CONV2_FLOATS * sizeof *delta);
    memset(plain, 0, LENET_CONV2_FLOATS * sizeof *plain);
    for (size_t e = 0; e < LENET_FLAT; e++) {
        const uint8_t argmax = f->a.argmax[i * LENET_FLAT + e];
        if (argmax < 4) {
            const size_t row = e / (12 * 64) * 2 + argmax / 2;
            const size_t column = e / 64 % 12 * 2 + argmax % 2;
            const size_t at = (row * 24 + column) * 64 + e % 64;
            const float value =
                f->a.pooled_gradient[i * LENET_FLAT + e] * (f->batch.dropout ? 4.0F / 3 : 1);
            delta[at] = rounded(value, precision);
            plain[at] = (double)value;
        }
    }
}

static void make_absolute(double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = fabs(values[i]);
    }
}

/* One backward pass through both convolutions with the given factors. */
static void add_gradients(const double *image, const double *conv1, const double *kernel2,
                          const double *delta, const double *plain, conv_sums *sums)
{
    static double back[LENET_CONV1_FLOATS];
    static double unused[9 * 32];
    static double unused_bias[64];
    reference_convolve_backward(conv1, LENET_CONV1_SIDE, 32, kernel2, 64, delta, sums->conv2,
                                unused_bias, back);
    for (size_t e = 0; e < LENET_CONV2_FLOATS; e++) {
        sums->conv2[9 * 32 * 64 + e % 64] += plain[e];
    }
    for (size_t e = 0; e < LENET_CONV1_FLOATS; e++) {
        back[e] = conv1[e] > 0 ? back[e] : 0;
    }
    reference_convolve_backward(image, LENET_IMAGE_SIDE, 1, unused, 32, back, sums->conv1,
                                sums->conv1 + 9 * 32, NULL);
}

void expected_conv_sums(const cuda_fixture *f, engine_precision precision, conv_sums *sums,
                        conv_sums *absolute)
{
    static double image[LENET_IMAGE_PIXELS];
    static double conv1[LENET_CONV1_FLOATS];
    static double kernel[9 * 32 * 64];
    static double delta[LENET_CONV2_FLOATS];
    static double plain[LENET_CONV2_FLOATS];
    *sums = (conv_sums){0};
    if (absolute != NULL) {
        *absolute = (conv_sums){0};
    }
    float *made = conv1_of(f);
    for (uint32_t i = 0; i < f->n; i++) {
        const uint8_t *bytes = f->images + (size_t)fixture_sample(f, i) * LENET_IMAGE_PIXELS;
        for (int p = 0; p < LENET_IMAGE_PIXELS; p++) {
            image[p] = (double)((float)bytes[p] / 255.0F);
        }
        round_all(conv1, made + i * LENET_CONV1_FLOATS, LENET_CONV1_FLOATS, precision);
        round_all(kernel, f->p.values + LENET_CONV2_KERNEL_AT, 9 * 32 * 64, precision);
        make_delta(f, i, precision, delta, plain);
        add_gradients(image, conv1, kernel, delta, plain, sums);
        if (absolute != NULL) {
            make_absolute(kernel, 9 * 32 * 64);
            make_absolute(delta, LENET_CONV2_FLOATS);
            make_absolute(plain, LENET_CONV2_FLOATS);
            add_gradients(image, conv1, kernel, delta, plain, absolute);
        }
    }
    ck_assert_int_eq(cudaFree(made), cudaSuccess);
}

double conv_sum_bound(uint32_t n, double absolute)
{
    return sum_bound(600.0 * n, absolute);
}
