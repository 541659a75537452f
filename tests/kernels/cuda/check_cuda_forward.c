/* Compares each kernel of the CUDA engine's forward pass, run on the host
 * (tests/support/cuda_host), with plain loops in double, whose operands are rounded to the
 * precision. The cases are one sample, primes, short batches and micro-batches, in all precisions
 * and several orders of threads. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "cuda_host.h"
#include "cuda_oracle.h"
#include "random.h"
#include "reference_layers.h"

static const engine_precision precisions[] = {ENGINE_FP32, ENGINE_TF32, ENGINE_BF16};

static const cuda_case cases[] = {
    {1, 1, 1, 0, 0},  /* one sample */
    {9, 7, 7, 0, 2},  /* a whole batch, second epoch */
    {9, 7, 7, 0, 1},  /* a short one */
    {12, 7, 3, 1, 0}, /* the second of three micro-batches */
    {12, 7, 3, 2, 1}, /* an empty micro-batch of a short batch */
    {12, 7, 3, 1, 1}, /* and one with two samples */
};

enum { CASES = sizeof cases / sizeof *cases, PRECISIONS = 3, ORDERS = 3 };

START_TEST(conv1_is_the_references)
{
    cuda_fixture *f = cuda_fixture_create(&cases[_i / ORDERS]);
    set_thread_order(_i % ORDERS);
    static double image[LENET_IMAGE_PIXELS];
    static double expected[LENET_CONV1_FLOATS];
    static double kernel[9 * 32 + 32];
    round_all(kernel, f->p.values, 9 * 32 + 32, ENGINE_FP32);
    float *conv1 = f->n > 0 ? conv1_of(f) : NULL;
    for (uint32_t i = 0; i < f->n; i++) {
        const uint8_t *bytes = f->images + (size_t)fixture_sample(f, i) * LENET_IMAGE_PIXELS;
        for (int p = 0; p < LENET_IMAGE_PIXELS; p++) {
            image[p] = bytes[p] / 255.0;
        }
        reference_convolve(image, LENET_IMAGE_SIDE, 1, kernel, kernel + 9 * 32, 32, expected);
        for (size_t e = 0; e < LENET_CONV1_FLOATS; e++) {
            /* Ten terms of at most a half each. */
            expect_near("conv1", e, conv1[i * LENET_CONV1_FLOATS + e], fmax(expected[e], 0),
                        sum_bound(10, 1));
        }
    }
    ck_assert_int_eq(cudaFree(conv1), cudaSuccess);
    cuda_fixture_destroy(f);
}
END_TEST

START_TEST(pooled_and_argmax_are_the_references)
{
    const engine_precision precision = precisions[_i % PRECISIONS];
    cuda_fixture *f = cuda_fixture_create(&cases[_i / PRECISIONS]);
    set_thread_order(_i);
    ck_assert_int_eq(cuda_conv_forward(&f->batch, &f->a, f->p.values, precision, NULL),
                     cudaSuccess);
    if (f->n > 0) {
        compare_pooled(f, precision);
    }
    for (size_t e = (size_t)f->n * LENET_FLAT; e < (size_t)f->batch.capacity * LENET_FLAT; e++) {
        expect(isnan(f->a.pooled[e]), "written beyond the samples", e);
    }
    cuda_fixture_destroy(f);
}
END_TEST

/* More bands than blocks, so each block takes several; dropout off, no order, no argmaxes. */
START_TEST(evaluation_goes_over_many_samples_as_they_lie)
{
    const engine_precision precision = precisions[_i];
    const cuda_case c = {50, 50, 50, 0, 0};
    cuda_fixture *f = cuda_fixture_create(&c);
    uint8_t *argmax = f->a.argmax;
    f->batch.progress = NULL;
    f->batch.order = NULL;
    f->batch.dropout = false;
    f->batch.first = 2;
    f->batch.n = 47;
    cuda_activations a = f->a;
    a.argmax = NULL;
    ck_assert_int_eq(cuda_conv_forward(&f->batch, &a, f->p.values, precision, NULL), cudaSuccess);
    float *kept = malloc(47 * LENET_FLAT * sizeof *kept);
    ck_assert_ptr_nonnull(kept);
    memcpy(kept, f->a.pooled, 47 * LENET_FLAT * sizeof *kept);
    /* Single samples give the same, and the other tests check those. */
    for (uint32_t i = 0; i < 47; i += 9) {
        f->batch.first = 2 + i;
        f->batch.n = 1;
        ck_assert_int_eq(cuda_conv_forward(&f->batch, &f->a, f->p.values, precision, NULL),
                         cudaSuccess);
        ck_assert_mem_eq(f->a.pooled, kept + i * LENET_FLAT, LENET_FLAT * sizeof *kept);
    }
    f->a.argmax = argmax;
    free(kept);
    cuda_fixture_destroy(f);
}
END_TEST

/* The same with dropout: the mask depends on the sample's place in the step, also in a launch of
 * one sample. */
START_TEST(blocks_that_go_round_take_each_bands_own_mask)
{
    const cuda_case c = {46, 46, 46, 0, 0};
    cuda_fixture *f = cuda_fixture_create(&c);
    set_thread_order(_i);
    ck_assert_int_eq(cuda_conv_forward(&f->batch, &f->a, f->p.values, ENGINE_FP32, NULL),
                     cudaSuccess);
    static float kept[LENET_FLAT];
    const uint32_t last = f->n - 1;
    memcpy(kept, f->a.pooled + (size_t)last * LENET_FLAT, sizeof kept);
    f->batch.capacity = 1;
    f->batch.micro_index = last;
    ck_assert_int_eq(cuda_conv_forward(&f->batch, &f->a, f->p.values, ENGINE_FP32, NULL),
                     cudaSuccess);
    ck_assert_mem_eq(f->a.pooled, kept, sizeof kept);
    cuda_fixture_destroy(f);
}
END_TEST

/* A blank image gives exactly the biases, and the first of equal values wins. */
START_TEST(a_blank_image_gives_exactly_the_bias)
{
    const engine_precision precision = precisions[_i];
    cuda_fixture *f = cuda_fixture_create(&cases[0]);
    memset(f->images, 0, LENET_IMAGE_PIXELS);
    memset(f->p.values + LENET_CONV1_BIAS_AT, 0, 32 * sizeof(float));
    f->batch.dropout = false;
    ck_assert_int_eq(cuda_conv_forward(&f->batch, &f->a, f->p.values, precision, NULL),
                     cudaSuccess);
    for (size_t e = 0; e < LENET_FLAT; e++) {
        const float bias = f->p.values[LENET_CONV2_BIAS_AT + e % 64];
        expect(f->a.pooled[e] == (bias > 0 ? bias : 0), "not exactly the bias", e);
        expect(f->a.argmax[e] == (bias > 0 ? 0 : 4), "not the first of equals", e);
    }
    cuda_fixture_destroy(f);
}
END_TEST

static const cuda_case dense_cases[] = {
    {1, 1, 1, 0, 0},    {9, 7, 7, 0, 1},    {12, 7, 3, 2, 1}, /* empty */
    {30, 23, 23, 0, 0}, {67, 67, 67, 0, 0},                   /* more than one block processes */
};

enum { DENSE_CASES = sizeof dense_cases / sizeof *dense_cases };

START_TEST(partial_sums_of_dense1_are_the_references)
{
    const engine_precision precision = precisions[_i % PRECISIONS];
    cuda_fixture *f = cuda_fixture_create(&dense_cases[_i / PRECISIONS]);
    set_thread_order(_i);
    fill_pooled(f);
    ck_assert_int_eq(cuda_dense1_forward(&f->batch, &f->a, f->p.values, precision, NULL),
                     cudaSuccess);
    compare_dense1_sums(f, CUDA_DENSE1_SPLITS, precision);
    cuda_fixture_destroy(f);
}
END_TEST

/* With the kernel's own splits, and with cuBLAS's one. */
START_TEST(the_head_is_the_references)
{
    const uint32_t splits = _i % 2 == 0 ? CUDA_DENSE1_SPLITS : 1;
    cuda_fixture *f = cuda_fixture_create(&cases[_i / 2]);
    set_thread_order(_i);
    fill_random(f->a.partial, (size_t)splits * f->batch.capacity * 128, 9, splits == 1 ? 1 : 0.2F);
    f->batch.dropout = _i / 2 != 1;
    ck_assert_int_eq(cuda_head(&f->batch, &f->a, f->p.values, splits, NULL), cudaSuccess);
    for (uint32_t i = 0; i < f->n; i++) {
        compare_head(f, i, splits);
    }
    if (f->n < f->batch.capacity) {
        ck_assert(isnan(f->a.loss[f->n]));
    }
    cuda_fixture_destroy(f);
}
END_TEST

START_TEST(prediction_needs_no_labels)
{
    cuda_fixture *f = cuda_fixture_create(&cases[1]);
    fill_random(f->a.partial, (size_t)CUDA_DENSE1_SPLITS * 7 * 128, 9, 0.2F);
    cuda_fixture prediction = *f;
    prediction.batch.progress = NULL;
    prediction.batch.labels = NULL;
    prediction.batch.dropout = false;
    prediction.batch.n = prediction.n = 5;
    prediction.a.loss = NULL;
    prediction.a.correct = NULL;
    prediction.a.logits_gradient = NULL;
    prediction.a.preactivation_gradient = NULL;
    ck_assert_int_eq(
        cuda_head(&prediction.batch, &prediction.a, f->p.values, CUDA_DENSE1_SPLITS, NULL),
        cudaSuccess);
    for (uint32_t i = 0; i < prediction.n; i++) {
        compare_head(&prediction, i, CUDA_DENSE1_SPLITS);
    }
    cuda_fixture_destroy(f);
}
END_TEST

START_TEST(equal_and_huge_logits_are_decided_and_finite)
{
    cuda_fixture *f = cuda_fixture_create(&cases[0]);
    memset(f->p.values + LENET_DENSE2_KERNEL_AT, 0, 128 * 10 * sizeof(float));
    float *bias = f->p.values + LENET_DENSE2_BIAS_AT;
    fill_random(f->a.partial, 128, 9, 1);
    for (uint8_t label = 0; label < 10; label++) {
        for (int c = 0; c < 10; c++) {
            bias[c] = c == 3 || c == 7 ? 3e4F : -3e4F;
        }
        f->labels[0] = label;
        ck_assert_int_eq(cuda_head(&f->batch, &f->a, f->p.values, 1, NULL), cudaSuccess);
        ck_assert_uint_eq(f->a.correct[0], label == 3);
        ck_assert_uint_eq(f->a.predicted[0], 3);
        expect_near("loss", label, f->a.loss[0], log(2) + (label == 3 || label == 7 ? 0 : 6e4),
                    1e-2);
    }
    cuda_fixture_destroy(f);
}
END_TEST

START_TEST(evaluation_sums_add_up)
{
    static const uint32_t counts[] = {0, 1, 7, 255, 256, 1000};
    cuda_fixture *f = cuda_fixture_create(&cases[0]);
    const uint32_t n = counts[_i];
    const cuda_activations a = {0};
    ck_assert_int_eq(cudaMalloc((void **)&a.loss, n * sizeof(float) + 4), cudaSuccess);
    ck_assert_int_eq(cudaMalloc((void **)&a.correct, n + 1), cudaSuccess);
    fill_random(a.loss, n, 3, 5);
    double sum = 0.5;
    uint32_t correct = 3;
    for (uint32_t i = 0; i < n; i++) {
        a.correct[i] = i % 3 == 1;
        sum += a.loss[i];
        correct += i % 3 == 1;
    }
    *f->p.loss_sum = 0.5;
    *f->p.correct_sum = 3;
    ck_assert_int_eq(cuda_evaluation_sums(&a, n, f->p.loss_sum, f->p.correct_sum, NULL),
                     cudaSuccess);
    expect_near("sum of losses", n, *f->p.loss_sum, sum, 1e-10);
    ck_assert_uint_eq(*f->p.correct_sum, correct);
    ck_assert_int_eq(cudaFree(a.loss), cudaSuccess);
    ck_assert_int_eq(cudaFree(a.correct), cudaSuccess);
    cuda_fixture_destroy(f);
}
END_TEST

static int compare_keys(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(orders_are_those_of_the_host)
{
    static const uint32_t counts[] = {1, 2, 7, 1021, 4096};
    const uint32_t count = counts[_i];
    uint64_t *keys = NULL;
    uint32_t *order = NULL;
    cuda_host_reset();
    ck_assert_int_eq(cudaMalloc((void **)&keys, count * sizeof *keys), cudaSuccess);
    ck_assert_int_eq(cudaMalloc((void **)&order, count * sizeof *order), cudaSuccess);
    uint32_t *expected = malloc(count * sizeof *expected);
    uint64_t *scratch = malloc(2 * count * sizeof *scratch);
    ck_assert(expected != NULL && scratch != NULL);
    for (uint64_t epoch = 0; epoch < 3; epoch++) {
        ck_assert_int_eq(cuda_order_keys(keys, count, 11, epoch, NULL), cudaSuccess);
        qsort(keys, count, sizeof *keys, compare_keys);
        ck_assert_int_eq(cuda_order_from_keys(order, keys, count, NULL), cudaSuccess);
        random_order(expected, scratch, count, 11, epoch);
        ck_assert_mem_eq(order, expected, count * sizeof *order);
    }
    free(expected);
    free(scratch);
    ck_assert_int_eq(cudaFree(keys), cudaSuccess);
    ck_assert_int_eq(cudaFree(order), cudaSuccess);
}
END_TEST

static Suite *forward_suite(void)
{
    Suite *suite = suite_create("CUDA kernels, forward");
    TCase *tests = tcase_create("on the host");
    tcase_add_loop_test(tests, conv1_is_the_references, 0, CASES * ORDERS);
    tcase_add_loop_test(tests, pooled_and_argmax_are_the_references, 0, CASES * PRECISIONS);
    tcase_add_loop_test(tests, evaluation_goes_over_many_samples_as_they_lie, 0, PRECISIONS);
    tcase_add_loop_test(tests, a_blank_image_gives_exactly_the_bias, 0, PRECISIONS);
    tcase_add_loop_test(tests, blocks_that_go_round_take_each_bands_own_mask, 0, ORDERS);
    tcase_add_loop_test(tests, partial_sums_of_dense1_are_the_references, 0,
                        DENSE_CASES * PRECISIONS);
    tcase_add_loop_test(tests, the_head_is_the_references, 0, CASES * 2);
    tcase_add_test(tests, prediction_needs_no_labels);
    tcase_add_test(tests, equal_and_huge_logits_are_decided_and_finite);
    tcase_add_loop_test(tests, evaluation_sums_add_up, 0, 6);
    tcase_add_loop_test(tests, orders_are_those_of_the_host, 0, 5);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    cuda_fixture_begin();
    return run_suite(forward_suite());
}
