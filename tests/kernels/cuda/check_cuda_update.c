/* The kernels of the CUDA engine that end a step, and its histograms, run on the host
 * (tests/support/cuda_host): Adam must have the same bits as the CPU engine's, with as many slots
 * as whole, short and second micro-batches leave. Also tests alpha, the count of steps and the
 * ring's entry, in the first steps and in very late ones; and histograms, whole and in chunks. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "check_main.h"
#include "cuda_adam.h"
#include "cuda_fixture.h"
#include "cuda_host.h"

static void fill_slots(cuda_fixture *f)
{
    fill_random(f->p.conv2_slots, (size_t)CUDA_CONV_SLOTS * (9 * 32 * 64 + 64), 1, 0.01F);
    fill_random(f->p.conv1_slots, (size_t)CUDA_CONV_SLOTS * (9 * 32 + 32), 2, 0.01F);
    fill_random(f->p.head_slots, 128 * 10 + 10 + 128, 3, 0.1F);
    *f->p.loss_sum = 12.25;
    *f->p.correct_sum = 5;
}

/* A ring of zeros, which the caller frees. It is device memory, since on a device a kernel could
 * not write to the test's own. */
static cuda_ring *take_ring(void)
{
    cuda_ring *ring = NULL;
    ck_assert_int_eq(cudaMalloc((void **)&ring, sizeof *ring), cudaSuccess);
    memset(ring, 0, sizeof *ring);
    return ring;
}

static void compare_sums(const cuda_fixture *f, size_t used)
{
    static double sums[9 * 32 * 64 + 64];
    sum_slots(sums, f->p.conv2_slots, used, 9 * 32 * 64 + 64);
    for (size_t e = 0; e < 9 * 32 * 64 + 64; e++) {
        expect_near("gradient of conv2", e, (double)f->p.gradients[LENET_CONV2_KERNEL_AT + e],
                    sums[e], sum_bound(CUDA_CONV_SLOTS, 0.01 * CUDA_CONV_SLOTS));
    }
    sum_slots(sums, f->p.conv1_slots, CUDA_CONV_SLOTS, 9 * 32 + 32);
    for (size_t e = 0; e < 9 * 32 + 32; e++) {
        expect_near("gradient of conv1", e, (double)f->p.gradients[LENET_CONV1_KERNEL_AT + e],
                    sums[e], sum_bound(CUDA_CONV_SLOTS, 0.01 * CUDA_CONV_SLOTS));
    }
    const float *slots = f->p.head_slots;
    ck_assert_mem_eq(f->p.gradients + LENET_DENSE2_KERNEL_AT, slots, 1290 * sizeof(float));
    ck_assert_mem_eq(f->p.gradients + LENET_DENSE1_BIAS_AT, slots + 1290, 128 * sizeof(float));
}

static size_t used_conv2_slots(const cuda_fixture *f)
{
    const uint32_t first_samples = f->total < f->batch.capacity ? f->total : f->batch.capacity;
    const size_t bands = 6 * (size_t)first_samples;
    return bands < CUDA_CONV_SLOTS ? bands : CUDA_CONV_SLOTS;
}

START_TEST(the_sums_alone_change_nothing_else)
{
    cuda_fixture *f = cuda_fixture_create(&step_cases[_i]);
    set_thread_order(_i);
    fill_slots(f);
    adam_state expected = copy_state(f);
    const cuda_progress progress = *f->progress;
    ck_assert_int_eq(cuda_gradients(&f->batch, &f->p, NULL), cudaSuccess);
    compare_sums(f, used_conv2_slots(f));
    expect_same_state(f, &expected);
    ck_assert_mem_eq(f->progress, &progress, sizeof progress);
    free_state(&expected);
    cuda_fixture_destroy(f);
}
END_TEST

START_TEST(the_update_is_the_cpus_and_counts_the_step)
{
    cuda_fixture *f = cuda_fixture_create(&step_cases[_i]);
    set_thread_order(_i);
    cuda_ring *ring = take_ring();
    fill_slots(f);
    adam_state expected = copy_state(f);
    const uint64_t step = f->progress->step;
    ck_assert_int_eq(cuda_update(&f->batch, &f->p, &f->adam, f->progress, ring, NULL), cudaSuccess);
    compare_sums(f, used_conv2_slots(f));
    ck_assert_mem_eq(f->p.conv1_used, expected.values + LENET_CONV1_KERNEL_AT,
                     (9 * 32 + 32) * sizeof(float));
    cpu_update(&expected, f, step + 1, f->p.gradients, 0, LENET_DENSE1_KERNEL_AT);
    cpu_update(&expected, f, step + 1, f->p.gradients, LENET_DENSE1_BIAS_AT,
               LENET_PARAMETERS - LENET_DENSE1_BIAS_AT);
    expect_same_state(f, &expected);

    ck_assert_uint_eq(f->progress->step, step + 1);
    ck_assert(f->progress->alpha == cpu_alpha(&f->adam, step + 2));
    ck_assert_uint_eq(f->progress->blocks_done, 0);
    const engine_step *entry = &ring->entries[step % ENGINE_MAX_QUEUED_STEPS];
    ck_assert_uint_eq(entry->step, step + 1);
    ck_assert_uint_eq(entry->samples, f->total);
    ck_assert_uint_eq(entry->correct, 5);
    ck_assert(entry->loss_sum == 12.25);
    free_state(&expected);
    ck_assert_int_eq(cudaFree(ring), cudaSuccess);
    cuda_fixture_destroy(f);
}
END_TEST

/* Step numbers beyond 32 bits: tests the place in the epoch and in the ring. */
START_TEST(the_billionth_epoch_is_like_the_first)
{
    const cuda_case c = {9, 7, 7, 0, 1};
    cuda_fixture *f = cuda_fixture_create(&c); /* two batches per epoch */
    cuda_ring *ring = take_ring();
    const uint64_t step = (UINT64_C(1) << 40) + 1;
    ck_assert_int_eq(cuda_set_progress(f->progress, step, &f->adam, NULL), cudaSuccess);
    fill_slots(f);
    ck_assert_int_eq(cuda_update(&f->batch, &f->p, &f->adam, f->progress, ring, NULL), cudaSuccess);
    ck_assert_uint_eq(ring->entries[1].step, step + 1);
    ck_assert_uint_eq(ring->entries[1].samples, 2);
    ck_assert_int_eq(cudaFree(ring), cudaSuccess);
    cuda_fixture_destroy(f);
}
END_TEST

/* The values that Adam's next step needs: a resumed run has them from cuda_set_progress, an
 * uninterrupted run from the update before. Tested where the powers of the betas matter, and where
 * they no longer do. */
START_TEST(a_run_that_goes_on_has_the_alpha_of_one_that_was_never_left)
{
    static const uint64_t steps[] = {0, 1, 6, 999, 100000};
    cuda_fixture *f = cuda_fixture_create(&step_cases[0]);
    cuda_ring *ring = take_ring();
    fill_slots(f);
    ck_assert_int_eq(cuda_set_progress(f->progress, steps[_i], &f->adam, NULL), cudaSuccess);
    ck_assert_int_eq(cuda_update(&f->batch, &f->p, &f->adam, f->progress, ring, NULL), cudaSuccess);
    const cuda_progress left = *f->progress;
    ck_assert_int_eq(cuda_set_progress(f->progress, steps[_i] + 1, &f->adam, NULL), cudaSuccess);
    ck_assert_uint_eq(f->progress->step, left.step);
    ck_assert_mem_eq(&f->progress->alpha, &left.alpha, sizeof left.alpha);
    ck_assert_uint_eq(f->progress->blocks_done, left.blocks_done);
    ck_assert(left.alpha > 0 && left.alpha <= 1e-3F);
    ck_assert_int_eq(cudaFree(ring), cudaSuccess);
    cuda_fixture_destroy(f);
}
END_TEST

START_TEST(adam_on_dense1_alone_is_the_cpus)
{
    cuda_fixture *f = cuda_fixture_create(&step_cases[1]);
    fill_random(f->p.gradients, LENET_PARAMETERS, 6, 0.1F);
    adam_state expected = copy_state(f);
    cpu_update(&expected, f, f->progress->step + 1, f->p.gradients, LENET_DENSE1_KERNEL_AT,
               LENET_FLAT * 128);
    ck_assert_int_eq(cuda_adam_dense1(&f->p, &f->adam, f->progress, NULL), cudaSuccess);
    expect_same_state(f, &expected);
    free_state(&expected);
    cuda_fixture_destroy(f);
}
END_TEST

/* Moments near the smallest that is kept. A step with gradients of 0 makes some of them smaller.
 * Some of m are negative; they must become 0 without a sign. */
static void fill_least_moments(cuda_fixture *f)
{
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        const float sign = i % 2 == 0 ? 1.0F : -1.0F;
        f->p.moment_m[i] = sign * (1.05F + 0.1F * (float)(i % 3)) * LENET_SMALLEST_MOMENT;
        f->p.moment_v[i] = (1 + 5e-4F * (float)(i % 4)) * LENET_SMALLEST_MOMENT;
    }
}

START_TEST(moments_below_the_smallest_become_zero_as_the_cpus)
{
    cuda_fixture *f = cuda_fixture_create(&step_cases[0]);
    cuda_ring *ring = take_ring();
    memset(f->p.gradients, 0, LENET_PARAMETERS * sizeof(float));
    memset(f->p.conv2_slots, 0, (size_t)CUDA_CONV_SLOTS * (9 * 32 * 64 + 64) * sizeof(float));
    memset(f->p.conv1_slots, 0, (size_t)CUDA_CONV_SLOTS * (9 * 32 + 32) * sizeof(float));
    memset(f->p.head_slots, 0, (128 * 10 + 10 + 128) * sizeof(float));
    fill_least_moments(f);
    adam_state expected = copy_state(f);
    cpu_update(&expected, f, f->progress->step + 1, f->p.gradients, 0, LENET_PARAMETERS);
    ck_assert(expected.m[0] == 0 && !signbit(expected.m[3]) &&
              expected.m[2] >= LENET_SMALLEST_MOMENT);
    ck_assert(expected.v[1] == 0 && expected.v[3] >= LENET_SMALLEST_MOMENT);
    ck_assert_int_eq(cuda_adam_dense1(&f->p, &f->adam, f->progress, NULL), cudaSuccess);
    ck_assert_int_eq(cuda_update(&f->batch, &f->p, &f->adam, f->progress, ring, NULL), cudaSuccess);
    expect_same_state(f, &expected);
    free_state(&expected);
    ck_assert_int_eq(cudaFree(ring), cudaSuccess);
    cuda_fixture_destroy(f);
}
END_TEST

static engine_histogram expected_histogram(const float *values, size_t count)
{
    engine_histogram h = {.min = INFINITY, .max = -INFINITY};
    for (size_t i = 0; i < count; i++) {
        const double value = (double)values[i];
        if (!isfinite(value)) {
            h.not_finite++;
            continue;
        }
        h.finite++;
        h.min = fmin(h.min, value);
        h.max = fmax(h.max, value);
        h.sum += value;
        h.sum_of_squares += value * value;
    }
    if (h.finite == 0) {
        h.min = h.max = 0;
    }
    const double width = (h.max - h.min) / ENGINE_HISTOGRAM_BUCKETS;
    for (size_t i = 0; i < count; i++) {
        const double value = (double)values[i];
        if (isfinite(value)) {
            const double place = width > 0 ? (value - h.min) / width : 29;
            h.buckets[place < 29 ? (size_t)place : 29]++;
        }
    }
    return h;
}

/* Values: ordinary; all equal; some not finite; none finite; none at all. In one chunk and in
 * three. */
START_TEST(histograms_are_counted_whole_and_in_chunks)
{
    static const uint32_t counts[] = {5000, 7, 1000, 3, 0};
    const int kind = _i / 2;
    const uint32_t count = counts[kind];
    const uint32_t chunk = _i % 2 == 0 ? count : count / 3 + 1;
    cuda_host_reset();
    set_thread_order(_i);
    float *values = NULL;
    double *scratch = NULL;
    engine_histogram *out = NULL;
    ck_assert_int_eq(cudaMalloc((void **)&values, count * sizeof *values + 4), cudaSuccess);
    ck_assert_int_eq(
        cudaMalloc((void **)&scratch, CUDA_HISTOGRAM_SCRATCH_DOUBLES * sizeof *scratch),
        cudaSuccess);
    ck_assert_int_eq(cudaMalloc((void **)&out, sizeof *out), cudaSuccess);
    memset(out, 0xff, sizeof *out);
    fill_random(values, count, 5, 3);
    for (uint32_t i = 0; i < count; i++) {
        values[i] = kind == 1                 ? 2.5F
                    : kind == 3               ? NAN
                    : kind == 2 && i % 5 == 0 ? (i % 2 == 0 ? INFINITY : NAN)
                                              : values[i];
    }
    bool first = true;
    for (uint32_t at = 0; at < count || first; at += chunk) {
        const uint32_t here = count - at < chunk ? count - at : chunk;
        ck_assert_int_eq(cuda_histogram_limits(values + at, here, first, out, scratch, NULL),
                         cudaSuccess);
        first = false;
    }
    for (uint32_t at = 0; at < count; at += chunk) {
        const uint32_t here = count - at < chunk ? count - at : chunk;
        ck_assert_int_eq(cuda_histogram_buckets(values + at, here, out, NULL), cudaSuccess);
    }
    const engine_histogram expected = expected_histogram(values, count);
    ck_assert(out->min == expected.min);
    ck_assert(out->max == expected.max);
    expect_near("sum", 0, out->sum, expected.sum, 1e-9);
    expect_near("sum of squares", 0, out->sum_of_squares, expected.sum_of_squares, 1e-9);
    ck_assert_uint_eq(out->finite, expected.finite);
    ck_assert_uint_eq(out->not_finite, expected.not_finite);
    ck_assert_mem_eq(out->buckets, expected.buckets, sizeof expected.buckets);
    ck_assert_int_eq(cudaFree(values), cudaSuccess);
    ck_assert_int_eq(cudaFree(scratch), cudaSuccess);
    ck_assert_int_eq(cudaFree(out), cudaSuccess);
}
END_TEST

int main(void)
{
    cuda_fixture_begin();
    Suite *suite = suite_create("CUDA kernels, update");
    TCase *tests = tcase_create("on the host");
    tcase_add_loop_test(tests, the_sums_alone_change_nothing_else, 0, STEP_CASES);
    tcase_add_loop_test(tests, the_update_is_the_cpus_and_counts_the_step, 0, STEP_CASES);
    tcase_add_test(tests, the_billionth_epoch_is_like_the_first);
    tcase_add_loop_test(tests, a_run_that_goes_on_has_the_alpha_of_one_that_was_never_left, 0, 5);
    tcase_add_test(tests, adam_on_dense1_alone_is_the_cpus);
    tcase_add_test(tests, moments_below_the_smallest_become_zero_as_the_cpus);
    tcase_add_loop_test(tests, histograms_are_counted_whole_and_in_chunks, 0, 10);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
