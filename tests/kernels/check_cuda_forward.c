/* The kernels of the CUDA engine's forward pass, run on the host (tests/cuda_host), each by itself
 * against plain loops in double over operands rounded as the precision has them: one sample,
 * primes, short batches, micro-batches, in all precisions and several orders of threads. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu_kernels.h"
#include "cuda_fixture.h"
#include "cuda_host.h"
#include "draw.h"
#include "philox.h"
#include "reference_layers.h"

static const engine_precision precisions[] = {ENGINE_FP32, ENGINE_TF32, ENGINE_BF16};

static const cuda_case cases[] = {
    {1, 1, 1, 0, 0},  /* one sample */
    {9, 7, 7, 0, 2},  /* a whole batch, second epoch */
    {9, 7, 7, 0, 1},  /* a short one */
    {12, 7, 3, 1, 0}, /* the second of three micro-batches */
    {12, 7, 3, 2, 1}, /* a micro-batch of a short batch: nothing is left for it */
    {12, 7, 3, 1, 1}, /* and one that has two samples */
};

enum { CASES = sizeof cases / sizeof *cases, PRECISIONS = 3, ORDERS = 3 };

/* conv1's output for the launch's samples, by the kernel itself, which has a test of its own: what
 * is rounded to a lower precision must have the same bits. */
static float *conv1_of(const cuda_fixture *f)
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

/* conv2 of one sample before ReLU, and the sums of its terms' absolute values. */
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

/* pooled and route of element e, where `before` and `bounds` are conv2's values and their bounds.
 * `factor`: 0 where it is dropped, else what dropout scales by. */
static void compare_window(const cuda_fixture *f, size_t at, size_t e, const double *before,
                           const double *bounds, double factor)
{
    const uint8_t route = f->a.route[at];
    double largest = 0;
    double bound = 0;
    for (size_t p = 0; p < 4; p++) {
        largest = fmax(largest, before[window_place(e, p)]);
        bound = fmax(bound, sum_bound(289, bounds[window_place(e, p)]));
    }
    expect(route <= 4, "route is none", at);
    if (factor == 0 || route == 4) {
        expect(f->a.pooled[at] == 0 && route == 4, "dropped or closed by halves", at);
        expect_near("closed window", e, factor == 0 ? 0 : largest, 0, bound);
        return;
    }
    expect(f->a.pooled[at] > 0, "open, but nothing comes through", at);
    expect_near("pooled", e, f->a.pooled[at], largest * factor,
                (bound + 0x1p-23 * largest) * factor);
    const double chosen = before[window_place(e, route)];
    expect_near("routed value", e, chosen, largest, 2 * bound);
    for (size_t p = 0; p < route; p++) {
        /* An equal one before it would have been taken, and equal patches have equal sums. */
        expect(before[window_place(e, p)] != chosen, "not the first of equals", at);
    }
}

/* The factors of dropout1 by the CPU engine: what it makes of ones. */
static void cpu_factors(const cuda_fixture *f, uint32_t i, float *factor)
{
    static uint8_t route[LENET_FLAT];
    static uint8_t bytes[LENET_FLAT + 256];
    for (size_t e = 0; e < LENET_FLAT; e++) {
        factor[e] = 1;
    }
    if (f->batch.dropout) {
        cpu_kernels_find("portable")
            ->dropout1(f->batch.seed, f->progress->step, f->begin + i, bytes, factor, route);
    }
}

static void compare_pooled(const cuda_fixture *f, engine_precision precision)
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

START_TEST(pooled_and_route_are_the_references)
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

/* More bands than blocks, so that blocks go round; dropout off, no order, no routes. */
START_TEST(evaluation_goes_over_many_samples_as_they_lie)
{
    const engine_precision precision = precisions[_i];
    const cuda_case c = {50, 50, 50, 0, 0};
    cuda_fixture *f = cuda_fixture_create(&c);
    uint8_t *route = f->a.route;
    f->batch.progress = NULL;
    f->batch.order = NULL;
    f->batch.dropout = false;
    f->batch.first = 2;
    f->batch.n = 47;
    cuda_activations a = f->a;
    a.route = NULL;
    ck_assert_int_eq(cuda_conv_forward(&f->batch, &a, f->p.values, precision, NULL), cudaSuccess);
    float *kept = malloc(47 * LENET_FLAT * sizeof *kept);
    ck_assert_ptr_nonnull(kept);
    memcpy(kept, f->a.pooled, 47 * LENET_FLAT * sizeof *kept);
    /* Sample by sample it is the same, which the other tests compare. */
    for (uint32_t i = 0; i < 47; i += 9) {
        f->batch.first = 2 + i;
        f->batch.n = 1;
        ck_assert_int_eq(cuda_conv_forward(&f->batch, &f->a, f->p.values, precision, NULL),
                         cudaSuccess);
        ck_assert_mem_eq(f->a.pooled, kept + i * LENET_FLAT, LENET_FLAT * sizeof *kept);
    }
    f->a.route = route;
    free(kept);
    cuda_fixture_destroy(f);
}
END_TEST

/* A blank image gives exactly the biases, and of equals the first wins. */
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
        expect(f->a.route[e] == (bias > 0 ? 0 : 4), "not the first of equals", e);
    }
    cuda_fixture_destroy(f);
}
END_TEST

static const cuda_case dense_cases[] = {
    {1, 1, 1, 0, 0},    {9, 7, 7, 0, 1},    {12, 7, 3, 2, 1}, /* empty */
    {30, 23, 23, 0, 0}, {67, 67, 67, 0, 0},                   /* more than a block takes */
};

enum { DENSE_CASES = sizeof dense_cases / sizeof *dense_cases };

START_TEST(partial_sums_of_dense1_are_the_references)
{
    enum { SLICE = LENET_FLAT / CUDA_DENSE1_SPLITS };
    const engine_precision precision = precisions[_i % PRECISIONS];
    cuda_fixture *f = cuda_fixture_create(&dense_cases[_i / PRECISIONS]);
    set_thread_order(_i);
    fill_pooled(f);
    ck_assert_int_eq(cuda_dense1_forward(&f->batch, &f->a, f->p.values, precision, NULL),
                     cudaSuccess);
    static double kernel[LENET_FLAT * 128];
    round_all(kernel, f->p.values + LENET_DENSE1_KERNEL_AT, LENET_FLAT * 128, precision);
    for (uint32_t i = 0; i < f->n; i++) {
        for (size_t split = 0; split < CUDA_DENSE1_SPLITS; split++) {
            double sum[128] = {0};
            double absolute[128] = {0};
            for (size_t k = split * SLICE; k < (split + 1) * SLICE; k++) {
                const double x = rounded(f->a.pooled[i * LENET_FLAT + k], precision);
                for (size_t j = 0; j < 128; j++) {
                    sum[j] += x * kernel[k * 128 + j];
                    absolute[j] += fabs(x * kernel[k * 128 + j]);
                }
            }
            const float *out = f->a.partial + (split * f->batch.capacity + i) * 128;
            for (size_t j = 0; j < 128; j++) {
                expect_near("partial sum", split * 128 + j, out[j], sum[j],
                            sum_bound(SLICE, absolute[j]));
            }
        }
    }
    cuda_fixture_destroy(f);
}
END_TEST

/* What the head should make of a sample's partial sums, in double. */
typedef struct head_values {
    double hidden[128];
    double logits[10];
    double softmax[10];
    double loss;
    int best;
    double logits_gradient[10];
    double sums_gradient[128];
} head_values;

static void expected_hidden(const cuda_fixture *f, uint32_t i, uint32_t splits, head_values *out)
{
    for (uint32_t j = 0; j < 128; j++) {
        double sum = f->p.values[LENET_DENSE1_BIAS_AT + j];
        for (size_t split = 0; split < splits; split++) {
            sum += f->a.partial[(split * f->batch.capacity + i) * 128 + j];
        }
        const uint32_t element = (f->begin + i) * 128 + j;
        const philox_block block =
            philox(f->batch.seed, PHILOX_DROPOUT2, f->progress->step, element / 16);
        const double factor = !f->batch.dropout                        ? 1
                              : philox_byte(block, element % 16) < 128 ? 0
                                                                       : 2;
        out->hidden[j] = fmax(sum, 0) * factor;
    }
}

static void expected_head(const cuda_fixture *f, uint32_t i, uint32_t splits, head_values *out)
{
    const float *kernel = f->p.values + LENET_DENSE2_KERNEL_AT;
    expected_hidden(f, i, splits, out);
    out->best = 0;
    double sum = 0;
    for (int c = 0; c < 10; c++) {
        out->logits[c] = f->p.values[LENET_DENSE2_BIAS_AT + c];
        for (int j = 0; j < 128; j++) {
            out->logits[c] += out->hidden[j] * kernel[j * 10 + c];
        }
        out->best = out->logits[c] > out->logits[out->best] ? c : out->best;
    }
    for (int c = 0; c < 10; c++) {
        sum += exp(out->logits[c] - out->logits[out->best]);
    }
    const uint8_t label = f->labels[fixture_sample(f, i)];
    out->loss = log(sum) + out->logits[out->best] - out->logits[label];
    for (int c = 0; c < 10; c++) {
        out->softmax[c] = exp(out->logits[c] - out->logits[out->best]) / sum;
        out->logits_gradient[c] = (out->softmax[c] - (c == label)) / f->total;
    }
    for (int j = 0; j < 128; j++) {
        out->sums_gradient[j] = 0;
        for (int c = 0; c < 10; c++) {
            out->sums_gradient[j] += out->logits_gradient[c] * kernel[j * 10 + c];
        }
        out->sums_gradient[j] *= out->hidden[j] == 0 ? 0 : f->batch.dropout ? 2 : 1;
    }
}

/* Sums of up to 72 + 1 terms below 1, then of 129, so that everything behind is good to some
 * 1e-5; a wrong mask, label or divisor is off by far more. */
static const double head_bound = 2e-5;

static void compare_head(const cuda_fixture *f, uint32_t i, uint32_t splits)
{
    head_values expected;
    expected_head(f, i, splits, &expected);
    for (size_t j = 0; j < 128; j++) {
        expect_near("hidden", j, f->a.dense1[i * 128 + j], expected.hidden[j], head_bound);
        expect((f->a.dense1[i * 128 + j] > 0) == (expected.hidden[j] > 0), "gate of hidden", j);
        expect_near("gradient of the sums", j, f->a.sums_gradient[i * 128 + j],
                    expected.sums_gradient[j], head_bound / f->total);
    }
    for (size_t c = 0; c < 10; c++) {
        expect_near("logit", c, f->a.logits[i * 10 + c], expected.logits[c], head_bound);
        expect_near("softmax", c, f->a.softmax[i * 10 + c], expected.softmax[c], head_bound);
        expect_near("gradient of the logits", c, f->a.logits_gradient[i * 10 + c],
                    expected.logits_gradient[c], head_bound / f->total);
    }
    expect_near("loss", i, f->a.loss[i], expected.loss, head_bound);
    ck_assert_uint_eq(f->a.correct[i], expected.best == f->labels[fixture_sample(f, i)]);
    ck_assert_int_eq(f->a.predicted[i], expected.best);
}

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
    const cuda_batch trained = f->batch;
    f->batch.progress = NULL;
    f->batch.labels = NULL;
    f->batch.dropout = false;
    f->batch.n = 5;
    f->begin = 0;
    cuda_activations a = f->a;
    a.loss = NULL;
    a.correct = NULL;
    a.logits_gradient = NULL;
    a.sums_gradient = NULL;
    ck_assert_int_eq(cuda_head(&f->batch, &a, f->p.values, CUDA_DENSE1_SPLITS, NULL), cudaSuccess);
    for (uint32_t i = 0; i < 5; i++) {
        head_values expected;
        expected_head(f, i, CUDA_DENSE1_SPLITS, &expected);
        for (size_t c = 0; c < 10; c++) {
            expect_near("softmax", c, f->a.softmax[i * 10 + c], expected.softmax[c], head_bound);
        }
        ck_assert_int_eq(a.predicted[i], expected.best);
    }
    f->batch = trained;
    cuda_fixture_destroy(f);
}
END_TEST

/* Of equal largest logits the first counts; huge ones overflow nothing. */
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
    cuda_activations a = {0};
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
        draw_order(expected, scratch, count, 11, epoch);
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
    tcase_add_loop_test(tests, pooled_and_route_are_the_references, 0, CASES * PRECISIONS);
    tcase_add_loop_test(tests, evaluation_goes_over_many_samples_as_they_lie, 0, PRECISIONS);
    tcase_add_loop_test(tests, a_blank_image_gives_exactly_the_bias, 0, PRECISIONS);
    tcase_add_loop_test(tests, partial_sums_of_dense1_are_the_references, 0,
                        DENSE_CASES * PRECISIONS);
    tcase_add_loop_test(tests, the_head_is_the_references, 0, CASES * 2);
    tcase_add_test(tests, prediction_needs_no_labels);
    tcase_add_test(tests, equal_and_huge_logits_are_decided_and_finite);
    tcase_add_loop_test(tests, evaluation_sums_add_up, 0, 6);
    tcase_add_loop_test(tests, orders_are_those_of_the_host, 0, 5);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    cuda_fixture_begin();
    SRunner *runner = srunner_create(forward_suite());
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
