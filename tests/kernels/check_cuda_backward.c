/* The kernels of the CUDA engine's backward pass and update, run on the host (tests/cuda_host),
 * each by itself against plain loops in double over operands rounded as the precision has them, and
 * Adam bit by bit against the CPU engine's. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu_kernels.h"
#include "cuda_fixture.h"
#include "cuda_host.h"
#include "reference_layers.h"

static const engine_precision precisions[] = {ENGINE_FP32, ENGINE_TF32, ENGINE_BF16};

static const cuda_case cases[] = {
    {1, 1, 1, 0, 0},    /* one sample */
    {9, 7, 7, 0, 1},    /* a short batch */
    {12, 7, 3, 1, 0},   /* the second of three micro-batches */
    {12, 7, 3, 2, 1},   /* a micro-batch of a short batch: nothing is left for it */
    {22, 22, 22, 0, 0}, /* more bands than slots */
};

enum { CASES = sizeof cases / sizeof *cases, PRECISIONS = 3 };

static void *copy_of(const void *from, size_t bytes)
{
    void *copy = malloc(bytes + 1); /* not NULL for nothing either */
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, from, bytes);
    return copy;
}

START_TEST(gradients_of_the_head_are_sums_over_samples)
{
    enum { COUNT = 128 * 10 + 10 + 128 };
    cuda_fixture *f = cuda_fixture_create(&cases[_i]);
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

/* A state's values and moments, and the CPU engine's update of them. */
typedef struct adam_state {
    float *values;
    float *m;
    float *v;
} adam_state;

static adam_state copy_state(const cuda_fixture *f)
{
    const size_t bytes = LENET_PARAMETERS * sizeof(float);
    return (adam_state){copy_of(f->p.values, bytes), copy_of(f->p.moment_m, bytes),
                        copy_of(f->p.moment_v, bytes)};
}

static void free_state(adam_state *s)
{
    free(s->values);
    free(s->m);
    free(s->v);
}

static float cpu_alpha(const cuda_adam_settings *adam, uint64_t t)
{
    const double correction_1 = 1 - pow(adam->beta_1, (double)t);
    const double correction_2 = 1 - pow(adam->beta_2, (double)t);
    return (float)(adam->learning_rate * sqrt(correction_2) / correction_1);
}

/* Parameters [at, at + count), one by one through a vector's width of copies. */
static void cpu_update(adam_state *s, const cuda_fixture *f, uint64_t t, const float *gradients,
                       size_t at, size_t count)
{
    enum { WIDTH = 64 };
    const cpu_adam adam = {
        .alpha = cpu_alpha(&f->adam, t),
        .one_minus_beta_1 = (float)(1 - f->adam.beta_1),
        .one_minus_beta_2 = (float)(1 - f->adam.beta_2),
        .epsilon = (float)f->adam.epsilon,
    };
    for (size_t i = at; i < at + count; i += WIDTH) {
        const size_t here = at + count - i < WIDTH ? at + count - i : WIDTH;
        _Alignas(64) float part[4][WIDTH] = {{0}};
        memcpy(part[0], s->values + i, here * sizeof(float));
        memcpy(part[1], s->m + i, here * sizeof(float));
        memcpy(part[2], s->v + i, here * sizeof(float));
        memcpy(part[3], gradients + i, here * sizeof(float));
        cpu_kernels_find("portable")->adam(&adam, part[0], part[1], part[2], part[3], WIDTH);
        memcpy(s->values + i, part[0], here * sizeof(float));
        memcpy(s->m + i, part[1], here * sizeof(float));
        memcpy(s->v + i, part[2], here * sizeof(float));
    }
}

static void expect_same_state(const cuda_fixture *f, const adam_state *s)
{
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        expect(memcmp(&f->p.values[i], &s->values[i], sizeof(float)) == 0, "parameter", i);
        expect(memcmp(&f->p.moment_m[i], &s->m[i], sizeof(float)) == 0, "moment m", i);
        expect(memcmp(&f->p.moment_v[i], &s->v[i], sizeof(float)) == 0, "moment v", i);
    }
}

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
    cuda_fixture *f = cuda_fixture_create(&cases[number]);
    fill_random(f->a.pooled_gradient, (size_t)f->n * LENET_FLAT, 8, 0.01F);
    fill_routes(f);
    return f;
}

/* Slots [0, used) of `count` floats, summed in double. */
static void sum_slots(double *sums, const float *slots, size_t used, size_t count)
{
    memset(sums, 0, count * sizeof *sums);
    for (size_t slot = 0; slot < used; slot++) {
        for (size_t e = 0; e < count; e++) {
            sums[e] += (double)slots[slot * count + e];
        }
    }
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

/* The update */

static void fill_slots(cuda_fixture *f)
{
    fill_random(f->p.conv2_slots, (size_t)CUDA_CONV_SLOTS * (9 * 32 * 64 + 64), 1, 0.01F);
    fill_random(f->p.conv1_slots, (size_t)CUDA_CONV_SLOTS * (9 * 32 + 32), 2, 0.01F);
    fill_random(f->p.head_slots, 128 * 10 + 10 + 128, 3, 0.1F);
    *f->p.loss_sum = 12.25;
    *f->p.correct_sum = 5;
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

START_TEST(the_update_is_the_cpus_and_counts_the_step)
{
    cuda_fixture *f = cuda_fixture_create(&cases[_i]);
    set_thread_order(_i);
    static cuda_ring ring;
    memset(&ring, 0, sizeof ring);
    fill_slots(f);
    adam_state expected = copy_state(f);
    const uint64_t step = f->progress->step;
    const uint32_t first_samples = f->total < f->batch.capacity ? f->total : f->batch.capacity;
    const size_t bands = 6 * first_samples;
    ck_assert_int_eq(cuda_update(&f->batch, &f->p, &f->adam, f->progress, &ring, NULL),
                     cudaSuccess);
    compare_sums(f, bands < CUDA_CONV_SLOTS ? bands : CUDA_CONV_SLOTS);
    ck_assert_mem_eq(f->p.conv1_used, expected.values + LENET_CONV1_KERNEL_AT,
                     (9 * 32 + 32) * sizeof(float));
    cpu_update(&expected, f, step + 1, f->p.gradients, 0, LENET_DENSE1_KERNEL_AT);
    cpu_update(&expected, f, step + 1, f->p.gradients, LENET_DENSE1_BIAS_AT,
               LENET_PARAMETERS - LENET_DENSE1_BIAS_AT);
    expect_same_state(f, &expected);

    ck_assert_uint_eq(f->progress->step, step + 1);
    ck_assert(f->progress->alpha == cpu_alpha(&f->adam, step + 2));
    ck_assert_uint_eq(f->progress->blocks_done, 0);
    const engine_step *entry = &ring.entries[step % ENGINE_MAX_QUEUED_STEPS];
    ck_assert_uint_eq(entry->step, step + 1);
    ck_assert_uint_eq(entry->samples, f->total);
    ck_assert_uint_eq(entry->correct, 5);
    ck_assert(entry->loss_sum == 12.25);
    free_state(&expected);
    cuda_fixture_destroy(f);
}
END_TEST

/* Steps beyond 32 bits: the place in the epoch and in the ring. */
START_TEST(the_billionth_epoch_is_like_the_first)
{
    static cuda_ring ring;
    const cuda_case c = {9, 7, 7, 0, 1};
    cuda_fixture *f = cuda_fixture_create(&c); /* of two batches an epoch */
    const uint64_t step = (UINT64_C(1) << 40) + 1;
    ck_assert_int_eq(cuda_set_progress(f->progress, step, &f->adam, NULL), cudaSuccess);
    fill_slots(f);
    ck_assert_int_eq(cuda_update(&f->batch, &f->p, &f->adam, f->progress, &ring, NULL),
                     cudaSuccess);
    ck_assert_uint_eq(ring.entries[1].step, step + 1);
    ck_assert_uint_eq(ring.entries[1].samples, 2);
    cuda_fixture_destroy(f);
}
END_TEST

/* What Adam's next step goes by: a resumed run has it from cuda_set_progress, one that was never
 * left from the update before. Where the powers of the betas still matter, and where they do not.
 */
START_TEST(a_run_that_goes_on_has_the_alpha_of_one_that_was_never_left)
{
    static const uint64_t steps[] = {0, 1, 6, 999, 100000};
    static cuda_ring ring;
    cuda_fixture *f = cuda_fixture_create(&cases[0]);
    fill_slots(f);
    ck_assert_int_eq(cuda_set_progress(f->progress, steps[_i], &f->adam, NULL), cudaSuccess);
    ck_assert_int_eq(cuda_update(&f->batch, &f->p, &f->adam, f->progress, &ring, NULL),
                     cudaSuccess);
    const cuda_progress left = *f->progress;
    ck_assert_int_eq(cuda_set_progress(f->progress, steps[_i] + 1, &f->adam, NULL), cudaSuccess);
    ck_assert_uint_eq(f->progress->step, left.step);
    ck_assert_mem_eq(&f->progress->alpha, &left.alpha, sizeof left.alpha);
    ck_assert_uint_eq(f->progress->blocks_done, left.blocks_done);
    ck_assert(left.alpha > 0 && left.alpha <= 1e-3F);
    cuda_fixture_destroy(f);
}
END_TEST

START_TEST(adam_on_dense1_alone_is_the_cpus)
{
    cuda_fixture *f = cuda_fixture_create(&cases[1]);
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

/* Histograms */

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

/* Ordinary values; all equal; some not finite; none finite; none at all. In one chunk and three. */
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
        ck_assert_int_eq(cuda_histogram_buckets(values + at, here, out, scratch, NULL),
                         cudaSuccess);
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

static Suite *backward_suite(void)
{
    Suite *suite = suite_create("CUDA kernels, backward");
    TCase *tests = tcase_create("on the host");
    tcase_add_loop_test(tests, gradients_of_the_head_are_sums_over_samples, 0, CASES);
    tcase_add_loop_test(tests, gradients_of_dense1_are_the_references, 0, DENSE_CASES * PRECISIONS);
    tcase_add_loop_test(tests, dense1_is_updated_in_the_pass_of_its_gradient, 0,
                        DENSE_CASES * PRECISIONS);
    tcase_add_loop_test(tests, the_gradient_of_dense1_can_be_made_again, 0, PRECISIONS);
    tcase_add_loop_test(tests, gradients_of_the_convolutions_are_the_references, 0,
                        CASES * PRECISIONS);
    tcase_add_loop_test(tests, the_update_is_the_cpus_and_counts_the_step, 0, CASES);
    tcase_add_test(tests, the_billionth_epoch_is_like_the_first);
    tcase_add_loop_test(tests, a_run_that_goes_on_has_the_alpha_of_one_that_was_never_left, 0, 5);
    tcase_add_test(tests, adam_on_dense1_alone_is_the_cpus);
    tcase_add_loop_test(tests, histograms_are_counted_whole_and_in_chunks, 0, 10);
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
