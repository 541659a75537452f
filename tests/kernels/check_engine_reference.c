/* Compares every engine that this machine can run (or only the one that $ENGINE names), in each of
 * its precisions, with the double-precision reference: the forward pass, every gradient, also one
 * without dropout, Adam's update, evaluation and prediction. It also compares a whole short run
 * with Keras. In tf32 and bf16 it leaves out gradients and the whole run, since rounding decides
 * too much there. It also checks that the engine computes in tf32 or bf16, and not in a coarser or
 * finer precision.
 *
 * Before each step the reference copies the engine's parameters. So every comparison is of one
 * step, and no bound has to allow for drift. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "check_main.h"
#include "engine_comparison.h"
#include "golden_data.h"
#include "lenet_reference.h"
#include "synthetic_digits.h"

#ifdef SLOW_ENGINE /* small sizes for the host harness: with one sample, a prime, two epochs */
enum { LARGEST_BATCH = 7, LARGEST_SET = 8, BATCH = 4, EVALUATED = 3, COARSE_RUN = 1 };
#else
enum { LARGEST_BATCH = 64, LARGEST_SET = 64, BATCH = 16, EVALUATED = 64 };
#endif
enum { EXIT_SKIPPED = 77 };

static engine_variant variants[MAX_ENGINE_VARIANTS];
static int variant_count;

static uint8_t images[LARGEST_SET * LENET_IMAGE_PIXELS];
static uint8_t labels[LARGEST_SET];
static double engine_gradient[LENET_PARAMETERS];

static engine_data first_samples(uint32_t count)
{
    return (engine_data){images, labels, count};
}

static engine_config config_of(uint32_t batch_size)
{
    engine_config config = golden_config();
    config.batch_size = batch_size;
    config.seed = 21;
    config.threads = 2;
    return config;
}

/* Batch sizes, each with a short last batch (except 1 and 64). Batches are whole or in
 * micro-batches: of 1, of primes, and of one less than the batch. In a short last batch some
 * micro-batches are short or empty. Up to batch size 33 the seeds are chosen so that rounding
 * decides nothing, and the bounds are tight. At 64 it decides something, and the convolutions'
 * bounds are wider. */
static const struct {
    uint32_t batch_size;
    uint32_t training_count;
    uint32_t steps;
    uint64_t seed;
    uint32_t micro_batch;
} runs[] = {
#ifdef SLOW_ENGINE
    {1, 2, 1, 1, 0},
    {2, 3, 3, 1, 0},
    {LARGEST_BATCH, 8, 1, 4, 0},
    {2, 3, 2, 1, 1},
#elif defined(__SANITIZE_THREAD__) /* a step takes twenty times as long */
    {2, 3, 3, 1, 0},
    {7, 10, 3, 1, 0},
    {7, 10, 3, 1, 2},
    {16, 21, 2, 2, 7},
#else
    {1, 2, 3, 1, 0},
    {2, 3, 3, 1, 0},
    {7, 10, 3, 1, 0},
    {16, 21, 3, 2, 0},
    {33, 35, 2, 36, 0},
    {LARGEST_BATCH, 64, 1, 1, 0},
    {7, 10, 3, 1, 1},
    {7, 10, 3, 1, 2},
    {7, 10, 3, 1, 6},
    {16, 21, 3, 2, 7},
    {33, 35, 2, 36, 5},
    {33, 35, 2, 36, 32},
    {LARGEST_BATCH, 64, 1, 1, 13},
#endif
};

enum { RUNS = sizeof runs / sizeof *runs };

/* After a step, only the activations of its last micro-batch are left. Returns their first
 * sample. */
static uint32_t first_of_last_micro_batch(uint32_t samples, uint32_t micro_batch)
{
    return micro_batch == 0 ? 0 : (samples - 1) / micro_batch * micro_batch;
}

START_TEST(steps_of_any_batch_size_and_micro_batch_are_the_references)
{
    const engine_variant *v = &variants[_i / RUNS];
    const int r = _i % RUNS;
#ifdef SLOW_ENGINE
    if (v->precision != ENGINE_FP32 && r != COARSE_RUN) {
        return;
    }
#endif
    const engine_data training = first_samples(runs[r].training_count);
    engine_config config = config_of(runs[r].batch_size);
    config.seed = runs[r].seed;
    config.micro_batch = runs[r].micro_batch;
    reference_run *run = reference_run_create(&config, &training);
    ck_assert_ptr_nonnull(run);
    engine *e = variant_create(v, config, &training, &training);
    for (uint32_t s = 0; s < runs[r].steps; s++) {
        variant_read_all(v, e, "", run->parameters);
        engine_step expected;
        reference_run_compute(run, &expected);
        const engine_step step = variant_train_one(v, e);
        compare_forward(v, e, run->pass,
                        first_of_last_micro_batch(expected.samples, config.micro_batch), &step,
                        &expected);
        variant_read_all(v, e, "gradient/", engine_gradient);
        if (v->precision == ENGINE_FP32) {
            compare_gradients(v, run, engine_gradient);
        }
        compare_update(v, e, run, engine_gradient);
    }
    v->api->destroy(e);
    reference_run_destroy(run);
}
END_TEST

/* Gradients without steps: of fewer samples than a batch, of more, and in micro-batches, after
 * steps that end within the second epoch. The seeds are chosen so that rounding decides nothing. */
static const struct {
    uint32_t training_count;
    uint32_t batch_size;
    uint32_t micro_batch;
    uint32_t steps;
    uint32_t first;
    uint32_t count;
    uint64_t seed;
} gradients[] = {
#ifdef SLOW_ENGINE
    {3, 2, 0, 3, 1, 2, 1},
    {3, 2, 1, 0, 0, 3, 2},
#else
    {10, 7, 0, 3, 4, 1, 1},
    {10, 7, 0, 3, 0, 7, 1},
    {10, 1, 0, 1, 2, 8, 1},
    {10, 7, 2, 0, 1, 9, 1},
#endif
};

enum { GRADIENTS = sizeof gradients / sizeof *gradients };

START_TEST(a_gradient_of_any_samples_is_the_references)
{
    const engine_variant *v = &variants[_i / GRADIENTS];
    const int r = _i % GRADIENTS;
    if (v->precision != ENGINE_FP32) {
        return;
    }
    static float gradient[LENET_PARAMETERS];
    const engine_data training = first_samples(gradients[r].training_count);
    engine_config config = config_of(gradients[r].batch_size);
    config.micro_batch = gradients[r].micro_batch;
    config.seed = gradients[r].seed;
    engine *e = variant_create(v, config, &training, &training);
    for (uint32_t s = 0; s < gradients[r].steps; s++) {
        variant_train_one(v, e);
    }
    config.batch_size = training.count; /* so that the reference has room for all */
    reference_run *run = reference_run_create(&config, &training);
    variant_read_all(v, e, "", run->parameters);
    reference_order(run->order, run->keys, training.count, config.seed, 0);
    reference_forward(run->pass, run->parameters, &training, run->order + gradients[r].first,
                      gradients[r].count, NULL);
    reference_backward(run->pass, run->parameters, run->gradient, 0);
    ck_assert_int_eq(v->api->gradient(e, gradients[r].first, gradients[r].count, gradient),
                     ENGINE_OK);
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        engine_gradient[i] = (double)gradient[i];
    }
    compare_gradients(v, run, engine_gradient);
    v->api->destroy(e);
    reference_run_destroy(run);
}
END_TEST

START_TEST(it_starts_from_the_seeds_weights)
{
    static double expected[LENET_PARAMETERS];
    static double values[LENET_PARAMETERS];
    const engine_variant *v = &variants[_i];
    const engine_data training = first_samples(4);
    engine_config config = config_of(4);
    config.seed = UINT64_C(0x123456789abcdef0);
    engine *e = variant_create(v, config, &training, &training);
    variant_read_all(v, e, "", values);
    reference_initial_parameters(expected, config.seed);
    ck_assert_mem_eq(values, expected, sizeof expected);
    v->api->destroy(e);
}
END_TEST

/* Biases start at 0, so for a blank image all values up to the logits are exactly 0. A rounding
 * error there would become a gradient, and Adam takes a whole step for even the smallest one. */
START_TEST(a_blank_image_moves_nothing_but_the_last_bias)
{
    static const uint8_t blank[3 * LENET_IMAGE_PIXELS];
    static const uint8_t blank_labels[3] = {1, 2, 3};
    static double before[LENET_PARAMETERS];
    static double after[LENET_PARAMETERS];
    const engine_data training = {blank, blank_labels, 3};
    const engine_variant *v = &variants[_i];
    engine *e = variant_create(v, config_of(3), &training, &training);
    variant_read_all(v, e, "", before);
    variant_train_one(v, e);
    variant_read_all(v, e, "gradient/", engine_gradient);
    ck_assert(largest_of(engine_gradient, LENET_DENSE2_BIAS_AT) == 0);
    ck_assert(largest_of(engine_gradient + LENET_DENSE2_BIAS_AT, LENET_CLASSES) > 0.05);
    variant_read_all(v, e, "", after);
    ck_assert(largest_difference(before, after, LENET_DENSE2_BIAS_AT) == 0);
    v->api->destroy(e);
}
END_TEST

/* Is the 6x6 patch of pixels that pooled place (row, column) sees blank in all images? */
static bool sees_only_background(const engine_data *data, int row, int column)
{
    for (uint32_t i = 0; i < data->count; i++) {
        const uint8_t *image = data->images + (size_t)i * LENET_IMAGE_PIXELS;
        for (int p = 0; p < 36; p++) {
            if (image[(2 * row + p / 6) * LENET_IMAGE_SIDE + 2 * column + p % 6] != 0) {
                return false;
            }
        }
    }
    return true;
}

START_TEST(weights_that_see_only_background_do_not_move)
{
    static double before[LENET_PARAMETERS];
    static double after[LENET_PARAMETERS];
    const engine_data training = first_samples(BATCH);
    const engine_variant *v = &variants[_i];
    engine *e = variant_create(v, config_of(BATCH), &training, &training);
    variant_read_all(v, e, "", before);
    variant_train_one(v, e);
    variant_read_all(v, e, "", after);
    int places = 0;
    for (int place = 0; place < LENET_POOL_SIDE * LENET_POOL_SIDE; place++) {
        if (sees_only_background(&training, place / LENET_POOL_SIDE, place % LENET_POOL_SIDE)) {
            const size_t weights = (size_t)LENET_CONV2_CHANNELS * 128;
            const size_t at = LENET_DENSE1_KERNEL_AT + (size_t)place * weights;
            ck_assert(largest_difference(before + at, after + at, weights) == 0);
            places++;
        }
    }
    ck_assert_int_gt(places, 10);
    v->api->destroy(e);
}
END_TEST

START_TEST(evaluation_and_prediction_are_the_references)
{
    static float probabilities[EVALUATED * LENET_CLASSES];
    const engine_variant *v = &variants[_i];
    const engine_data training = first_samples(BATCH + BATCH / 4);
    const engine_data validation = first_samples(EVALUATED);
    const engine_config config = config_of(BATCH);
    reference_run *run = reference_run_create(&config, &training);
    ck_assert_ptr_nonnull(run);
    engine *e = variant_create(v, config, &training, &validation);
    variant_train_one(v, e);
    variant_read_all(v, e, "", run->parameters);
    const engine_data sets[2] = {training, validation};
    engine_result result;
    for (int s = 0; s < 2; s++) {
        engine_result expected;
        reference_run_evaluate(run, &sets[s], &expected);
        ck_assert_int_eq(v->api->evaluate(e, (engine_set)s, &result, NULL), ENGINE_OK);
        ck_assert_uint_eq(result.samples, expected.samples);
        if (v->precision == ENGINE_FP32) {
            ck_assert_uint_eq(result.correct, expected.correct);
        }
        expect_within(v, "evaluated loss", fabs(result.loss_sum - expected.loss_sum),
                      2 * rounding_bound(v->precision, LENET_FLAT) * expected.loss_sum);
    }
    ck_assert_int_eq(v->api->predict(e, images, EVALUATED, probabilities), ENGINE_OK);
    compare_probabilities(v, run, &validation, probabilities, result.loss_sum);
    v->api->destroy(e);
    reference_run_destroy(run);
}
END_TEST

#ifndef SLOW_ENGINE
static void compare_with_keras(const engine_variant *v, const char *what, int place, double value,
                               double expected)
{
    char text[64];
    snprintf(text, sizeof text, "%s %d, relative to Keras", what, place);
    expect_within(v, text, fabs(value - expected) / expected, GOLDEN_ENGINE_BOUND);
}

START_TEST(losses_and_epoch_metrics_are_those_of_keras)
{
    enum { STEPS_PER_EPOCH = KERAS_GOLDEN_STEPS / KERAS_GOLDEN_EPOCHS };
    static golden_data data;
    const engine_variant *v = &variants[_i];
    if (v->precision != ENGINE_FP32) {
        return;
    }
    golden_data_fill(&data);
    engine *e = variant_create(v, golden_config(), &data.training, &data.validation);
    for (int epoch = 0; epoch < KERAS_GOLDEN_EPOCHS; epoch++) {
        const double *metrics = keras_float64.epochs + 4 * epoch;
        engine_result sum = {0};
        for (int s = epoch * STEPS_PER_EPOCH; s < (epoch + 1) * STEPS_PER_EPOCH; s++) {
            const engine_step step = variant_train_one(v, e);
            compare_with_keras(v, "loss of step", s + 1, step.loss_sum / step.samples,
                               keras_float64.losses[s]);
            sum.loss_sum += step.loss_sum;
            sum.correct += step.correct;
            sum.samples += step.samples;
        }
        engine_result validation;
        ck_assert_int_eq(v->api->evaluate(e, ENGINE_VALIDATION, &validation, NULL), ENGINE_OK);
        compare_with_keras(v, "loss of epoch", epoch + 1, sum.loss_sum / sum.samples, metrics[0]);
        compare_with_keras(v, "accuracy of epoch", epoch + 1, (double)sum.correct / sum.samples,
                           metrics[1]);
        compare_with_keras(v, "val_loss of epoch", epoch + 1,
                           validation.loss_sum / validation.samples, metrics[2]);
        compare_with_keras(v, "val_accuracy of epoch", epoch + 1,
                           (double)validation.correct / validation.samples, metrics[3]);
    }
    v->api->destroy(e);
}
END_TEST
#endif

static Suite *engine_suite(void)
{
    Suite *suite = suite_create("engine against the reference");
    TCase *cases = tcase_create("each engine");
    const TTest *const tests[] = {
        it_starts_from_the_seeds_weights,
        a_blank_image_moves_nothing_but_the_last_bias,
        weights_that_see_only_background_do_not_move,
        evaluation_and_prediction_are_the_references,
#ifndef SLOW_ENGINE
        losses_and_epoch_metrics_are_those_of_keras,
#endif
    };
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        tcase_add_loop_test(cases, tests[i], 0, variant_count);
    }
    tcase_add_loop_test(cases, steps_of_any_batch_size_and_micro_batch_are_the_references, 0,
                        variant_count * RUNS);
    tcase_add_loop_test(cases, a_gradient_of_any_samples_is_the_references, 0,
                        variant_count * GRADIENTS);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    synthetic_digits(images, labels, 3, 0, LARGEST_SET);
    variant_count = engine_variants_find(variants);
    if (variant_count <= 0) {
        printf("no engine to test\n");
        return variant_count == 0 ? EXIT_SKIPPED : EXIT_FAILURE;
    }
    return run_suite(engine_suite());
}
