/* Compares each kernel of the CUDA engine's backward pass, run on the host
 * (tests/support/cuda_host), with plain loops in double, whose operands are rounded to the
 * precision. The cases are one sample, primes, short batches, micro-batches (the second, and an
 * empty one), and more samples or bands than the blocks process at a time; in all precisions and
 * several orders of threads. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "cuda_adam.h"
#include "cuda_host.h"
#include "cuda_oracle.h"

static const engine_precision precisions[] = {ENGINE_FP32, ENGINE_TF32, ENGINE_BF16};

enum { PRECISIONS = 3 };

START_TEST(gradients_of_the_head_are_sums_over_samples)
{
    cuda_fixture *f = cuda_fixture_create(&step_cases[_i]);
    set_thread_order(_i);
    fill_random(f->a.dense1, f->n * 128, 1, 1);
    fill_random(f->a.logits_gradient, f->n * 10, 2, 1);
    fill_random(f->a.preactivation_gradient, f->n * 128, 3, 1);
    fill_random(f->a.loss, f->n, 4, 3);
    double loss = 0;
    uint32_t correct = 0;
    double sums[HEAD_SUMS] = {0};
    const bool first = f->batch.micro_index == 0;
    if (!first) {
        fill_random(f->p.head_slots, HEAD_SUMS, 5, 1);
        for (size_t e = 0; e < HEAD_SUMS; e++) {
            sums[e] = (double)f->p.head_slots[e];
        }
        *f->p.loss_sum = loss = 2.5;
        *f->p.correct_sum = correct = 4;
    }
    for (size_t i = 0; i < f->n; i++) {
        f->a.correct[i] = i % 2 == 0;
        correct += i % 2 == 0;
        loss += (double)f->a.loss[i];
    }
    add_head_sums(f, sums);
    ck_assert_int_eq(cuda_head_gradients(&f->batch, &f->a, &f->p, NULL), cudaSuccess);
    for (size_t e = 0; e < HEAD_SUMS; e++) {
        expect_near("gradient", e, (double)f->p.head_slots[e], sums[e], sum_bound(24, 24));
    }
    expect_near("sum of losses", 0, *f->p.loss_sum, loss, 1e-12);
    ck_assert_uint_eq(*f->p.correct_sum, correct);
    cuda_fixture_destroy(f);
}
END_TEST

/* dense1 */

static const cuda_case dense_cases[] = {
    {1, 1, 1, 0, 0}, {9, 7, 7, 0, 1}, {12, 7, 3, 1, 0}, {12, 7, 3, 2, 1}, {53, 53, 53, 0, 0},
};

enum {
    DENSE_CASES = sizeof dense_cases / sizeof *dense_cases,
    DENSE1_BYTES = LENET_FLAT * 128 * sizeof(float)
};

static cuda_fixture *dense_fixture(int number)
{
    cuda_fixture *f = cuda_fixture_create(&dense_cases[number]);
    fill_pooled(f);
    fill_random(f->a.preactivation_gradient, f->n * 128, 3, 0.1F);
    if (f->batch.micro_index > 0) {
        fill_random(f->p.gradients, LENET_PARAMETERS, 6, 0.1F);
    }
    return f;
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

/* A launch before the step's last micro-batch only computes gradients. */
static void expect_dense1_gradients(const cuda_fixture *f, engine_precision precision)
{
    float *before = copy_of(f->p.gradients + LENET_DENSE1_KERNEL_AT, DENSE1_BYTES);
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
}

/* The launch of the last micro-batch starts with the gradients `earlier` and must add up the
 * present f->p.gradients. In the same pass it updates the weights as the CPU engine's Adam does.
 * The gradient of the inputs must come from the weights before the update. */
static void expect_dense1_update(const cuda_fixture *f, engine_precision precision,
                                 const float *earlier)
{
    const size_t bytes = LENET_PARAMETERS * sizeof(float);
    const size_t pooled_bytes = (size_t)f->n * LENET_FLAT * sizeof(float);
    adam_state expected = copy_state(f);
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
    /* With a single micro-batch the sum need not be stored. */
    ck_assert_mem_eq(f->p.gradients, f->batch.micro_index > 0 ? sum : earlier, bytes);
    free(sum);
    free(pooled_gradient);
    free_state(&expected);
}

START_TEST(dense1_has_the_references_gradients_and_is_updated_in_the_same_pass)
{
    const engine_precision precision = precisions[_i % PRECISIONS];
    cuda_fixture *f = dense_fixture(_i / PRECISIONS);
    set_thread_order(_i);
    float *earlier = copy_of(f->p.gradients, LENET_PARAMETERS * sizeof(float));
    expect_dense1_gradients(f, precision);
    expect_dense1_update(f, precision, earlier);
    free(earlier);
    cuda_fixture_destroy(f);
}
END_TEST

START_TEST(the_gradient_of_dense1_can_be_made_again)
{
    const engine_precision precision = precisions[_i];
    cuda_fixture *f = dense_fixture(1);
    ck_assert_int_eq(
        cuda_dense1_backward(&f->batch, &f->a, &f->p, &f->adam, false, precision, NULL),
        cudaSuccess);
    float *expected = copy_of(f->p.gradients + LENET_DENSE1_KERNEL_AT, DENSE1_BYTES);
    fill_random(f->p.gradients, LENET_PARAMETERS, 6, 0.1F);
    f->a.pooled_gradient = (cudaFree(f->a.pooled_gradient), NULL);
    ck_assert_int_eq(cuda_dense1_gradient(f->n, &f->a, &f->p, precision, NULL), cudaSuccess);
    ck_assert_mem_eq(f->p.gradients + LENET_DENSE1_KERNEL_AT, expected, DENSE1_BYTES);
    free(expected);
    cuda_fixture_destroy(f);
}
END_TEST

/* The convolutions */

enum { MOST_OPEN_SAMPLES = 8 };

/* Leaves one window in eleven open, different ones in each sample. The kernels do the same work,
 * but the oracle skips closed windows. */
static void close_windows(cuda_fixture *f)
{
    for (size_t window = 0; window < (size_t)f->n * LENET_FLAT / 64; window++) {
        if (window % 11 != 0) {
            memset(f->a.argmax + window * 64, 4, 64);
        }
    }
}

static cuda_fixture *conv_fixture(int number)
{
    cuda_fixture *f = cuda_fixture_create(&step_cases[number]);
    fill_random(f->a.pooled_gradient, (size_t)f->n * LENET_FLAT, 8, 0.01F);
    fill_argmaxes(f);
    if (f->n > MOST_OPEN_SAMPLES) {
        close_windows(f);
    }
    return f;
}

typedef cudaError_t conv_launcher(const cuda_batch *, const cuda_activations *,
                                  const cuda_parameters *, engine_precision, cudaStream_t);

/* Compares the launch's slots with what it should add. After the first micro-batch it adds to
 * random values. `used`: the slots that the first micro-batch writes. */
static void compare_slots(const cuda_fixture *f, conv_launcher *launch, engine_precision precision,
                          float *slots, size_t used, size_t count, const double *expected,
                          const double *absolute)
{
    static double earlier[CONV2_SUMS];
    static double sums[CONV2_SUMS];
    memset(earlier, 0, sizeof earlier);
    if (f->batch.micro_index > 0) {
        fill_random(slots, CUDA_CONV_SLOTS * count, 12, 0.01F);
        sum_slots(earlier, slots, used, count);
    }
    ck_assert_int_eq(launch(&f->batch, &f->a, &f->p, precision, NULL), cudaSuccess);
    sum_slots(sums, slots, used, count);
    for (size_t e = 0; e < count; e++) {
        expect_near("sum of the slots", e, sums[e], earlier[e] + expected[e],
                    conv_sum_bound(f->n, absolute[e]) + CUDA_CONV_SLOTS * 0.01 * 0x1p-23);
    }
}

START_TEST(gradients_of_the_convolutions_are_the_references)
{
    static conv_sums expected;
    static conv_sums absolute;
    const engine_precision precision = precisions[_i % PRECISIONS];
    cuda_fixture *f = conv_fixture(_i / PRECISIONS);
    set_thread_order(_i);
    f->batch.dropout = _i / PRECISIONS != 1;
    expected_conv_sums(f, precision, &expected, &absolute);
    const uint32_t first_samples = f->total < f->batch.capacity ? f->total : f->batch.capacity;
    const size_t bands = 6 * first_samples;
    compare_slots(f, cuda_conv2_weights, precision, f->p.conv2_slots,
                  bands < CUDA_CONV_SLOTS ? bands : CUDA_CONV_SLOTS, CONV2_SUMS, expected.conv2,
                  absolute.conv2);
    compare_slots(f, cuda_conv1_weights, precision, f->p.conv1_slots, CUDA_CONV_SLOTS, CONV1_SUMS,
                  expected.conv1, absolute.conv1);
    cuda_fixture_destroy(f);
}
END_TEST

static Suite *backward_suite(void)
{
    Suite *suite = suite_create("CUDA kernels, backward");
    TCase *tests = tcase_create("on the host");
    tcase_add_loop_test(tests, gradients_of_the_head_are_sums_over_samples, 0, STEP_CASES);
    tcase_add_loop_test(tests, dense1_has_the_references_gradients_and_is_updated_in_the_same_pass,
                        0, DENSE_CASES * PRECISIONS);
    tcase_add_loop_test(tests, the_gradient_of_dense1_can_be_made_again, 0, PRECISIONS);
    tcase_add_loop_test(tests, gradients_of_the_convolutions_are_the_references, 0,
                        STEP_CASES * PRECISIONS);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    cuda_fixture_begin();
    return run_suite(backward_suite());
}
