/* The kernels of the CUDA engine's backward pass, run on the host (tests/cuda_host), each by itself
 * against plain loops in double over operands rounded as the precision has them. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_adam.h"
#include "cuda_fixture.h"
#include "cuda_host.h"
#include "reference_layers.h"

static const engine_precision precisions[] = {ENGINE_FP32, ENGINE_TF32, ENGINE_BF16};

enum { PRECISIONS = 3 };

START_TEST(gradients_of_the_head_are_sums_over_samples)
{
    enum { COUNT = 128 * 10 + 10 + 128 };
    cuda_fixture *f = cuda_fixture_create(&step_cases[_i]);
    set_thread_order(_i);
    fill_random(f->a.dense1, f->n * 128, 1, 1);
    fill_random(f->a.logits_gradient, f->n * 10, 2, 1);
    fill_random(f->a.sums_gradient, f->n * 128, 3, 1);
    fill_random(f->a.loss, f->n, 4, 3);
    double loss = 0;
    uint32_t correct = 0;
    double sums[COUNT] = {0};
    const bool first = f->batch.micro_index == 0;
    if (!first) {
        fill_random(f->p.head_slots, COUNT, 5, 1);
        for (size_t e = 0; e < COUNT; e++) {
            sums[e] = (double)f->p.head_slots[e];
        }
        *f->p.loss_sum = loss = 2.5;
        *f->p.correct_sum = correct = 4;
    }
    for (size_t i = 0; i < f->n; i++) {
        f->a.correct[i] = i % 2 == 0;
        correct += i % 2 == 0;
        loss += (double)f->a.loss[i];
        for (size_t e = 0; e < 128 * 10; e++) {
            sums[e] += (double)f->a.dense1[i * 128 + e / 10] *
                       (double)f->a.logits_gradient[i * 10 + e % 10];
        }
        for (size_t c = 0; c < 10; c++) {
            sums[1280 + c] += (double)f->a.logits_gradient[i * 10 + c];
        }
        for (size_t j = 0; j < 128; j++) {
            sums[1290 + j] += (double)f->a.sums_gradient[i * 128 + j];
        }
    }
    ck_assert_int_eq(cuda_head_gradients(&f->batch, &f->a, &f->p, NULL), cudaSuccess);
    for (size_t e = 0; e < COUNT; e++) {
        expect_near("gradient", e, (double)f->p.head_slots[e], sums[e], sum_bound(24, 24));
    }
    expect_near("sum of losses", 0, *f->p.loss_sum, loss, 1e-12);
    ck_assert_uint_eq(*f->p.correct_sum, correct);
    cuda_fixture_destroy(f);
}
END_TEST

/* dense1 */

static const cuda_case dense_cases[] = {
    {1, 1, 1, 0, 0}, {9, 7, 7, 0, 1}, {12, 7, 3, 1, 0}, {12, 7, 3, 2, 1}, {37, 37, 37, 0, 0},
};

enum { DENSE_CASES = sizeof dense_cases / sizeof *dense_cases };

static cuda_fixture *dense_fixture(int number)
{
    cuda_fixture *f = cuda_fixture_create(&dense_cases[number]);
    fill_pooled(f);
    fill_random(f->a.sums_gradient, f->n * 128, 3, 0.1F);
    if (f->batch.micro_index > 0) {
        fill_random(f->p.gradients, LENET_PARAMETERS, 6, 0.1F);
    }
    return f;
}

/* What the launch should add to the kernel's gradient, and its terms' absolute values. */
static void expected_kernel_gradient(const cuda_fixture *f, engine_precision precision, double *sum,
                                     double *absolute)
{
    memset(sum, 0, LENET_FLAT * 128 * sizeof *sum);
    memset(absolute, 0, LENET_FLAT * 128 * sizeof *absolute);
    for (size_t i = 0; i < f->n; i++) {
        double gradient[128];
        round_all(gradient, f->a.sums_gradient + i * 128, 128, precision);
        for (size_t k = 0; k < LENET_FLAT; k++) {
            const double x = rounded(f->a.pooled[i * LENET_FLAT + k], precision);
            for (size_t j = 0; j < 128; j++) {
                sum[k * 128 + j] += x * gradient[j];
                absolute[k * 128 + j] += fabs(x * gradient[j]);
            }
        }
    }
}

static void compare_kernel_gradient(const cuda_fixture *f, engine_precision precision,
                                    const float *before)
{
    static double sum[LENET_FLAT * 128];
    static double absolute[LENET_FLAT * 128];
    expected_kernel_gradient(f, precision, sum, absolute);
    for (size_t e = 0; e < LENET_FLAT * 128; e++) {
        const double earlier = f->batch.micro_index > 0 ? (double)before[e] : 0;
        expect_near("gradient of dense1's kernel", e,
                    (double)f->p.gradients[LENET_DENSE1_KERNEL_AT + e], earlier + sum[e],
                    sum_bound(f->n + 1, absolute[e] + fabs(earlier)));
    }
}

static void compare_pooled_gradient(const cuda_fixture *f, engine_precision precision)
{
    static double kernel[LENET_FLAT * 128];
    round_all(kernel, f->p.values + LENET_DENSE1_KERNEL_AT, LENET_FLAT * 128, precision);
    for (size_t i = 0; i < f->n; i++) {
        double gradient[128];
        round_all(gradient, f->a.sums_gradient + i * 128, 128, precision);
        for (size_t k = 0; k < LENET_FLAT; k++) {
            double sum = 0;
            double absolute = 0;
            for (size_t j = 0; j < 128; j++) {
                sum += kernel[k * 128 + j] * gradient[j];
                absolute += fabs(kernel[k * 128 + j] * gradient[j]);
            }
            expect_near("gradient of pooled", k, (double)f->a.pooled_gradient[i * LENET_FLAT + k],
                        sum, sum_bound(128, absolute));
        }
    }
}

START_TEST(gradients_of_dense1_are_the_references)
{
    const engine_precision precision = precisions[_i % PRECISIONS];
    cuda_fixture *f = dense_fixture(_i / PRECISIONS);
    set_thread_order(_i);
    const size_t bytes = LENET_FLAT * 128 * sizeof(float);
    float *before = copy_of(f->p.gradients + LENET_DENSE1_KERNEL_AT, bytes);
    float *values = copy_of(f->p.values, LENET_PARAMETERS * sizeof(float));
    ck_assert_int_eq(
        cuda_dense1_backward(&f->batch, &f->a, &f->p, &f->adam, false, precision, NULL),
        cudaSuccess);
    compare_kernel_gradient(f, precision, before);
    compare_pooled_gradient(f, precision);
    ck_assert_mem_eq(f->p.values, values, LENET_PARAMETERS * sizeof(float));
    if (f->n < f->batch.capacity) {
        ck_assert(isnan(f->a.pooled_gradient[f->n * LENET_FLAT]));
    }
    free(values);
    free(before);
    cuda_fixture_destroy(f);
}
END_TEST

/* The update in the same pass makes of the gradient what the CPU engine's Adam makes of it, with
 * the inputs' gradient from the weights before it. */
START_TEST(dense1_is_updated_in_the_pass_of_its_gradient)
{
    const engine_precision precision = precisions[_i % PRECISIONS];
    cuda_fixture *f = dense_fixture(_i / PRECISIONS);
    set_thread_order(_i);
    const size_t bytes = LENET_PARAMETERS * sizeof(float);
    const size_t pooled_bytes = (size_t)f->n * LENET_FLAT * sizeof(float);
    adam_state expected = copy_state(f);
    float *earlier = copy_of(f->p.gradients, bytes);
    ck_assert_int_eq(
        cuda_dense1_backward(&f->batch, &f->a, &f->p, &f->adam, false, precision, NULL),
        cudaSuccess);
    cpu_update(&expected, f, f->progress->step + 1, f->p.gradients, LENET_DENSE1_KERNEL_AT,
               LENET_FLAT * 128);
    float *pooled_gradient = copy_of(f->a.pooled_gradient, pooled_bytes);
    float *sum = copy_of(f->p.gradients, bytes);
    memset(f->a.pooled_gradient, 0xff, pooled_bytes);
    memcpy(f->p.gradients, earlier, bytes);
    ck_assert_int_eq(cuda_dense1_backward(&f->batch, &f->a, &f->p, &f->adam, true, precision, NULL),
                     cudaSuccess);
    expect_same_state(f, &expected);
    ck_assert(memcmp(f->a.pooled_gradient, pooled_gradient, pooled_bytes) == 0);
    /* Of one micro-batch it need not leave the chip. */
    const float *left = f->batch.micro_index > 0 ? sum : earlier;
    ck_assert(memcmp(f->p.gradients, left, bytes) == 0);
    free(sum);
    free(pooled_gradient);
    free(earlier);
    free_state(&expected);
    cuda_fixture_destroy(f);
}
END_TEST

START_TEST(the_gradient_of_dense1_can_be_made_again)
{
    const engine_precision precision = precisions[_i];
    cuda_fixture *f = dense_fixture(1);
    const size_t bytes = LENET_FLAT * 128 * sizeof(float);
    ck_assert_int_eq(
        cuda_dense1_backward(&f->batch, &f->a, &f->p, &f->adam, false, precision, NULL),
        cudaSuccess);
    float *expected = copy_of(f->p.gradients + LENET_DENSE1_KERNEL_AT, bytes);
    fill_random(f->p.gradients, LENET_PARAMETERS, 6, 0.1F);
    f->a.pooled_gradient = (cudaFree(f->a.pooled_gradient), NULL);
    ck_assert_int_eq(cuda_dense1_gradient(f->n, &f->a, &f->p, precision, NULL), cudaSuccess);
    ck_assert_mem_eq(f->p.gradients + LENET_DENSE1_KERNEL_AT, expected, bytes);
    free(expected);
    cuda_fixture_destroy(f);
}
END_TEST

/* The convolutions */

/* What a launch should add to the gradients of both convolutions, [kernel, bias] each, and their
 * terms' absolute values. */
typedef struct conv_sums {
    double conv2[9 * 32 * 64 + 64];
    double conv2_absolute[9 * 32 * 64 + 64];
    double conv1[9 * 32 + 32];
    double conv1_absolute[9 * 32 + 32];
} conv_sums;

/* delta [24,24,64] of sample i: rounded as a factor, and not. */
static void make_delta(const cuda_fixture *f, size_t i, engine_precision precision, double *delta,
                       double *plain)
{
    memset(delta, 0, LENET_CONV2_FLOATS * sizeof *delta);
    memset(plain, 0, LENET_CONV2_FLOATS * sizeof *plain);
    for (size_t e = 0; e < LENET_FLAT; e++) {
        const uint8_t route = f->a.route[i * LENET_FLAT + e];
        if (route < 4) {
            const size_t row = e / (12 * 64) * 2 + route / 2;
            const size_t column = e / 64 % 12 * 2 + route % 2;
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

/* One pass through both convolutions with factors as they are; called a second time with all of
 * them absolute, for the bounds. */
static void add_gradients(const double *image, const double *conv1, const double *kernel2,
                          const double *delta, const double *plain, double *conv2_sums,
                          double *conv1_sums)
{
    static double back[LENET_CONV1_FLOATS];
    static double unused[9 * 32 * 64];
    static double unused_bias[64];
    reference_convolve_backward(conv1, LENET_CONV1_SIDE, 32, kernel2, 64, delta, conv2_sums,
                                unused_bias, back);
    reference_convolve_backward(conv1, LENET_CONV1_SIDE, 32, kernel2, 64, plain, unused,
                                conv2_sums + 9 * 32 * 64, NULL);
    for (size_t e = 0; e < LENET_CONV1_FLOATS; e++) {
        back[e] = conv1[e] > 0 ? back[e] : 0;
    }
    reference_convolve_backward(image, LENET_IMAGE_SIDE, 1, unused, 32, back, conv1_sums,
                                conv1_sums + 9 * 32, NULL);
}

static void expected_conv_sums(const cuda_fixture *f, engine_precision precision, conv_sums *sums)
{
    static double image[LENET_IMAGE_PIXELS];
    static double conv1[LENET_CONV1_FLOATS];
    static double kernel[9 * 32 * 64];
    static double delta[LENET_CONV2_FLOATS];
    static double plain[LENET_CONV2_FLOATS];
    memset(sums, 0, sizeof *sums);
    float *made = NULL;
    ck_assert_int_eq(cudaMalloc((void **)&made, LENET_CONV1_FLOATS * sizeof *made), cudaSuccess);
    for (uint32_t i = 0; i < f->n; i++) {
        cuda_batch one = f->batch;
        one.progress = NULL;
        one.first = f->batch.first + f->begin + i;
        one.n = 1;
        ck_assert_int_eq(cuda_conv1_output(&one, f->p.values, made, NULL), cudaSuccess);
        const uint8_t *bytes = f->images + (size_t)fixture_sample(f, i) * LENET_IMAGE_PIXELS;
        for (int p = 0; p < LENET_IMAGE_PIXELS; p++) {
            image[p] = (double)((float)bytes[p] / 255.0F);
        }
        round_all(conv1, made, LENET_CONV1_FLOATS, precision);
        round_all(kernel, f->p.values + LENET_CONV2_KERNEL_AT, 9 * 32 * 64, precision);
        make_delta(f, i, precision, delta, plain);
        add_gradients(image, conv1, kernel, delta, plain, sums->conv2, sums->conv1);
        make_absolute(kernel, 9 * 32 * 64);
        make_absolute(delta, LENET_CONV2_FLOATS);
        make_absolute(plain, LENET_CONV2_FLOATS);
        add_gradients(image, conv1, kernel, delta, plain, sums->conv2_absolute,
                      sums->conv1_absolute);
    }
    ck_assert_int_eq(cudaFree(made), cudaSuccess);
}

static cuda_fixture *conv_fixture(int number)
{
    cuda_fixture *f = cuda_fixture_create(&step_cases[number]);
    fill_random(f->a.pooled_gradient, (size_t)f->n * LENET_FLAT, 8, 0.01F);
    fill_routes(f);
    return f;
}

typedef cudaError_t conv_launcher(const cuda_batch *, const cuda_activations *,
                                  const cuda_parameters *, engine_precision, cudaStream_t);

/* The launch's slots against what it should add; behind the first micro-batch on top of random
 * ones. `used`: those that the first micro-batch writes. */
static void compare_slots(const cuda_fixture *f, conv_launcher *launch, engine_precision precision,
                          float *slots, size_t used, size_t count, const double *expected,
                          const double *absolute)
{
    static double earlier[9 * 32 * 64 + 64];
    static double sums[9 * 32 * 64 + 64];
    memset(earlier, 0, sizeof earlier);
    if (f->batch.micro_index > 0) {
        fill_random(slots, CUDA_CONV_SLOTS * count, 12, 0.01F);
        sum_slots(earlier, slots, used, count);
    }
    ck_assert_int_eq(launch(&f->batch, &f->a, &f->p, precision, NULL), cudaSuccess);
    sum_slots(sums, slots, used, count);
    for (size_t e = 0; e < count; e++) {
        expect_near("sum of the slots", e, sums[e], earlier[e] + expected[e],
                    sum_bound(600.0 * f->n, absolute[e]) + CUDA_CONV_SLOTS * 0.01 * 0x1p-23);
    }
}

START_TEST(gradients_of_the_convolutions_are_the_references)
{
    static conv_sums expected;
    const engine_precision precision = precisions[_i % PRECISIONS];
    cuda_fixture *f = conv_fixture(_i / PRECISIONS);
    set_thread_order(_i);
    f->batch.dropout = _i / PRECISIONS != 1;
    expected_conv_sums(f, precision, &expected);
    const uint32_t first_samples = f->total < f->batch.capacity ? f->total : f->batch.capacity;
    const size_t bands = 6 * first_samples;
    compare_slots(f, cuda_conv2_weights, precision, f->p.conv2_slots,
                  bands < CUDA_CONV_SLOTS ? bands : CUDA_CONV_SLOTS, 9 * 32 * 64 + 64,
                  expected.conv2, expected.conv2_absolute);
    compare_slots(f, cuda_conv1_weights, precision, f->p.conv1_slots, CUDA_CONV_SLOTS, 9 * 32 + 32,
                  expected.conv1, expected.conv1_absolute);
    cuda_fixture_destroy(f);
}
END_TEST

static Suite *backward_suite(void)
{
    Suite *suite = suite_create("CUDA kernels, backward");
    TCase *tests = tcase_create("on the host");
    tcase_add_loop_test(tests, gradients_of_the_head_are_sums_over_samples, 0, STEP_CASES);
    tcase_add_loop_test(tests, gradients_of_dense1_are_the_references, 0, DENSE_CASES * PRECISIONS);
    tcase_add_loop_test(tests, dense1_is_updated_in_the_pass_of_its_gradient, 0,
                        DENSE_CASES * PRECISIONS);
    tcase_add_loop_test(tests, the_gradient_of_dense1_can_be_made_again, 0, PRECISIONS);
    tcase_add_loop_test(tests, gradients_of_the_convolutions_are_the_references, 0,
                        STEP_CASES * PRECISIONS);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    cuda_fixture_begin();
    SRunner *runner = srunner_create(backward_suite());
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
