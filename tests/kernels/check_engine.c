/* What the engine's interface promises, held for every engine that this machine can run, or for the
 * one that the environment's ENGINE names; the numbers themselves are check_engine_reference.c's
 * business. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "engine.h"
#include "sample_data.h"

#ifdef SLOW_ENGINE /* one that a harness computes: as few samples as have a short last batch */
enum { TRAINING = 3, VALIDATION = 2, BATCH = 2, BATCHES = 2, EPOCHS = 2, LESSON = 5 };
enum { MANY_THREADS = 7 };
static const double lesson_leaves = 0.8; /* of the loss */
#elif defined(__SANITIZE_THREAD__)       /* under which a step takes twenty times as long */
enum { TRAINING = 21, VALIDATION = 20, BATCH = 8, BATCHES = 3, EPOCHS = 2, LESSON = 10 };
enum { MANY_THREADS = 2 };
static const double lesson_leaves = 0.8;
#else
enum { TRAINING = 45, VALIDATION = 150, BATCH = 16, BATCHES = 3, EPOCHS = 2, LESSON = 30 };
enum { MANY_THREADS = 7 };
static const double lesson_leaves = 0.5;
#endif

/* Steps of a run that ends within the second epoch, and of one that ends within the first. */
enum { PART = BATCHES - 1, WHOLE = PART + BATCHES };
/* Whole batches, and micro-batches of which a batch's last one is shorter. */
static const uint32_t micro_batches[] = {0, BATCH - 1};
enum { MICRO_BATCHES = sizeof micro_batches / sizeof *micro_batches };

static const engine_api *api;
static engine_data training;
static engine_data validation;

static void make_data(void)
{
    training = sample_data(TRAINING, 1);
    validation = sample_data(VALIDATION, 2);
}

static void free_data(void)
{
    sample_data_free(&training);
    sample_data_free(&validation);
}

static engine_config small_config(void)
{
    engine_config config = engine_config_defaults();
    config.batch_size = BATCH;
    config.seed = 5;
    config.threads = 2;
    return config;
}

static engine *make_engine_on(const engine_data *samples, const engine_config *config)
{
    char message[200] = "";
    engine *e = NULL;
    const engine_status status =
        api->create(&e, config, samples, &validation, message, sizeof message);
    ck_assert_msg(status == ENGINE_OK, "%s", message);
    ck_assert_ptr_nonnull(e);
    return e;
}

static engine *make_engine(const engine_config *config)
{
    return make_engine_on(&training, config);
}

static void train(engine *e, uint32_t steps, engine_step *out)
{
    size_t count = 0;
    ck_assert_int_eq(api->train(e, steps, NULL), ENGINE_OK);
    ck_assert_int_eq(api->poll(e, out, steps, &count, true), ENGINE_OK);
    ck_assert_uint_eq(count, steps);
}

/* Trains `steps` steps in a new engine and returns its state, to be freed. */
static unsigned char *state_after_on(const engine_data *samples, const engine_config *config,
                                     uint32_t steps, size_t *bytes)
{
    engine_step metrics[BATCHES * EPOCHS];
    engine *e = make_engine_on(samples, config);
    train(e, steps, metrics);
    *bytes = api->state_bytes(e);
    unsigned char *state = malloc(*bytes);
    ck_assert_int_eq(api->export_state(e, state, *bytes), ENGINE_OK);
    api->destroy(e);
    return state;
}

static unsigned char *state_after(const engine_config *config, uint32_t steps, size_t *bytes)
{
    return state_after_on(&training, config, steps, bytes);
}

START_TEST(steps_are_numbered_from_1_and_the_last_batch_is_short)
{
    const engine_config config = small_config();
    engine *e = make_engine(&config);
    engine_step steps[BATCHES * EPOCHS];
    train(e, BATCHES * EPOCHS, steps);
    for (uint32_t i = 0; i < BATCHES * EPOCHS; i++) {
        const uint32_t expected = i % BATCHES == BATCHES - 1 ? TRAINING % BATCH : BATCH;
        ck_assert_uint_eq(steps[i].step, i + 1);
        ck_assert_uint_eq(steps[i].samples, expected);
        ck_assert(isfinite(steps[i].loss_sum) && steps[i].loss_sum > 0);
        ck_assert_uint_le(steps[i].correct, steps[i].samples);
    }
    api->destroy(e);
}
END_TEST

START_TEST(training_lowers_the_loss)
{
    const engine_config config = small_config();
    engine *e = make_engine(&config);
    engine_result before;
    engine_result after;
    engine_step steps[LESSON];
    ck_assert_int_eq(api->evaluate(e, ENGINE_TRAINING, &before, NULL), ENGINE_OK);
    train(e, LESSON, steps);
    ck_assert_int_eq(api->evaluate(e, ENGINE_TRAINING, &after, NULL), ENGINE_OK);
    ck_assert_uint_eq(after.samples, TRAINING);
    /* An untrained network is near ln 10 = 2.30 a sample. */
    ck_assert_double_gt(before.loss_sum / TRAINING, 1.5);
    ck_assert_double_lt(after.loss_sum, lesson_leaves * before.loss_sum);
    ck_assert_uint_gt(after.correct, before.correct);
    api->destroy(e);
}
END_TEST

/* The CPU engine's instruction sets and precisions, and batches and micro-batches of more samples
 * than it sums one by one, the last of them short; others are tested with the first alone. */
static const struct {
    const char *isa;
    engine_precision precision;
    uint32_t samples;
    uint32_t batch;
    uint32_t micro_batch;
    uint32_t steps;
    uint32_t most_threads;
} runs[] = {
    {NULL, ENGINE_DEFAULT_PRECISION, TRAINING, BATCH, 0, BATCHES + 1, MANY_THREADS},
#ifndef __SANITIZE_THREAD__ /* the same code for other instructions has no other races */
    {"avx2", ENGINE_FP32, TRAINING, BATCH, 0, BATCHES + 1, MANY_THREADS},
    {"portable", ENGINE_FP32, TRAINING, BATCH, 0, BATCHES + 1, MANY_THREADS},
    {NULL, ENGINE_BF16, TRAINING, BATCH, 0, BATCHES + 1, MANY_THREADS},
#endif
    {NULL, ENGINE_DEFAULT_PRECISION, 66 + 35, 66, 0, 2, 2},
    {NULL, ENGINE_DEFAULT_PRECISION, TRAINING, BATCH, 5, BATCHES + 1, MANY_THREADS},
    {NULL, ENGINE_DEFAULT_PRECISION, 80 + 50, 80, 40, 2, 2},
};
enum { RUNS = sizeof runs / sizeof *runs };

/* False, and says so, if the engine or this machine cannot compute it. */
static bool configure_run(engine_config *config, int run)
{
    engine_plan plan;
    char message[200];
    config->isa = runs[run].isa;
    config->precision = runs[run].precision;
    config->batch_size = runs[run].batch;
    config->micro_batch = runs[run].micro_batch;
    if (api->plan(config, runs[run].samples, VALIDATION, &plan, message, sizeof message) ==
        ENGINE_UNAVAILABLE) {
        printf("engine %s: %s: left out\n", api->name, message);
        return false;
    }
    return true;
}

START_TEST(any_number_of_threads_gives_the_same_bits)
{
    engine_config config = small_config();
    const uint32_t steps = runs[_i].steps;
    if (!configure_run(&config, _i)) {
        return;
    }
    engine_data samples = sample_data(runs[_i].samples, 1);
    config.threads = 1;
    size_t bytes = 0;
    unsigned char *one = state_after_on(&samples, &config, steps, &bytes);
    /* Where threads mean nothing it is a second run all the same. */
    const uint32_t most = strcmp(api->name, "cpu") == 0 ? runs[_i].most_threads : 2;
    for (uint32_t threads = 2; threads <= most; threads += 2) {
        config.threads = threads;
        size_t other_bytes = 0;
        unsigned char *other = state_after_on(&samples, &config, steps, &other_bytes);
        ck_assert_uint_eq(bytes, other_bytes);
        ck_assert_msg(memcmp(one, other, bytes) == 0, "%u threads differ from 1",
                      (unsigned)threads);
        free(other);
    }
    config.seed++;
    unsigned char *control = state_after_on(&samples, &config, steps, &bytes);
    ck_assert_int_ne(memcmp(one, control, bytes), 0);
    free(control);
    free(one);
    sample_data_free(&samples);
}
END_TEST

START_TEST(a_micro_batch_of_the_whole_batch_changes_nothing)
{
    engine_config config = small_config();
    size_t bytes = 0;
    unsigned char *whole = state_after(&config, 2, &bytes);
    config.micro_batch = BATCH;
    unsigned char *same = state_after(&config, 2, &bytes);
    ck_assert_mem_eq(whole, same, bytes);
    free(same);
    free(whole);
}
END_TEST

START_TEST(cutting_a_run_into_calls_changes_nothing)
{
    const engine_config config = small_config();
    size_t bytes = 0;
    unsigned char *whole = state_after(&config, WHOLE, &bytes);
    engine *e = make_engine(&config);
    engine_step steps[WHOLE];
    engine_result result;
    for (uint32_t i = 0; i < WHOLE; i++) {
        train(e, 1, steps + i);
        ck_assert_int_eq(api->evaluate(e, ENGINE_VALIDATION, &result, NULL), ENGINE_OK);
    }
    unsigned char *cut = malloc(bytes);
    ck_assert_int_eq(api->export_state(e, cut, bytes), ENGINE_OK);
    ck_assert_mem_eq(whole, cut, bytes);
    api->destroy(e);
    free(cut);
    free(whole);
}
END_TEST

/* Trains an epoch and two steps with a gradient before these two and after the second, each of all
 * samples but one. Returns the state, and the last gradient in gradient[LENET_PARAMETERS]. */
static unsigned char *state_after_gradients(const engine_data *samples, const engine_config *config,
                                            float *gradient)
{
    engine_step metrics[BATCHES];
    engine *e = make_engine_on(samples, config);
    train(e, engine_steps_per_epoch(samples->count, config->batch_size), metrics);
    for (uint32_t i = 0; i < 2; i++) {
        ck_assert_int_eq(api->gradient(e, i, samples->count - 1, gradient), ENGINE_OK);
        train(e, 1, metrics);
    }
    ck_assert_int_eq(api->gradient(e, 0, samples->count - 1, gradient), ENGINE_OK);
    const size_t bytes = api->state_bytes(e);
    unsigned char *const state = malloc(bytes);
    ck_assert_int_eq(api->export_state(e, state, bytes), ENGINE_OK);
    api->destroy(e);
    return state;
}

START_TEST(a_gradient_leaves_the_run_as_it_was_and_has_the_same_bits_for_any_threads)
{
    engine_config config = small_config();
    size_t bytes = 0;
    if (!configure_run(&config, _i)) {
        return;
    }
    /* Threads mean something to the CPU engine alone. */
    const uint32_t most = strcmp(api->name, "cpu") == 0 ? 2 : 1;
    float *gradients = calloc(most, LENET_PARAMETERS * sizeof *gradients);
    engine_data samples = sample_data(runs[_i].samples, 1);
    const uint32_t steps = engine_steps_per_epoch(samples.count, config.batch_size) + 2;
    unsigned char *const untouched = state_after_on(&samples, &config, steps, &bytes);
    for (uint32_t threads = 1; threads <= most; threads++) {
        float *own = gradients + (size_t)(threads - 1) * LENET_PARAMETERS;
        config.threads = threads;
        unsigned char *const state = state_after_gradients(&samples, &config, own);
        ck_assert_mem_eq(state, untouched, bytes);
        ck_assert_mem_eq(own, gradients, LENET_PARAMETERS * sizeof *own);
        free(state);
    }
    free(untouched);
    free(gradients);
    sample_data_free(&samples);
}
END_TEST

START_TEST(after_a_gradient_the_last_steps_tensors_are_gone)
{
    const engine_config config = small_config();
    engine *e = make_engine(&config);
    engine_step step;
    float bias[LENET_CLASSES];
    size_t count = 0;
    float *gradient = malloc(LENET_PARAMETERS * sizeof *gradient);
    train(e, 1, &step);
    ck_assert_int_eq(api->gradient(e, 0, 1, gradient), ENGINE_OK);
    ck_assert_int_eq(api->read_tensor(e, "gradient/dense2/bias", bias, LENET_CLASSES, &count),
                     ENGINE_INVALID);
    ck_assert_int_eq(api->read_tensor(e, "dense2/bias", bias, LENET_CLASSES, &count), ENGINE_OK);
    train(e, 1, &step);
    ck_assert_int_eq(api->read_tensor(e, "gradient/dense2/bias", bias, LENET_CLASSES, &count),
                     ENGINE_OK);
    free(gradient);
    api->destroy(e);
}
END_TEST

START_TEST(a_gradient_of_samples_that_are_not_there_is_refused)
{
    static const uint32_t wrong[][2] = {{0, 0},        {0, TRAINING + 1}, {TRAINING, 1},
                                        {1, TRAINING}, {2, UINT32_MAX},   {UINT32_MAX, 2}};
    const engine_config config = small_config();
    engine *e = make_engine(&config);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_int_eq(api->gradient(e, wrong[i][0], wrong[i][1], NULL), ENGINE_INVALID);
        ck_assert_str_ne(api->message(e), "");
    }
    api->destroy(e);
}
END_TEST

START_TEST(an_imported_state_goes_on_as_if_never_left)
{
    engine_config config = small_config();
    config.micro_batch = micro_batches[_i];
    size_t bytes = 0;
    unsigned char *part = state_after(&config, PART, &bytes);
    unsigned char *whole = state_after(&config, WHOLE, &bytes);
    engine *e = make_engine(&config);
    engine_step steps[WHOLE];
    train(e, WHOLE, steps); /* a state that must leave no trace */
    ck_assert_int_eq(api->import_state(e, part, bytes), ENGINE_OK);
    train(e, WHOLE - PART, steps);
    ck_assert_uint_eq(steps[0].step, PART + 1);
    unsigned char *resumed = malloc(bytes);
    ck_assert_int_eq(api->export_state(e, resumed, bytes), ENGINE_OK);
    ck_assert_mem_eq(whole, resumed, bytes);

    ck_assert_int_eq(api->import_state(e, part, bytes - 1), ENGINE_INVALID);
    part[0] ^= 1;
    ck_assert_int_eq(api->import_state(e, part, bytes), ENGINE_INVALID);
    ck_assert_str_ne(api->message(e), "");
    ck_assert_int_eq(api->export_state(e, part, bytes), ENGINE_OK);
    ck_assert_mem_eq(whole, part, bytes);
    api->destroy(e);
    free(resumed);
    free(whole);
    free(part);
}
END_TEST

static void check_state(engine *e, const engine_config *config, uint32_t steps)
{
    size_t bytes = 0;
    unsigned char *const expected = state_after(config, steps, &bytes);
    unsigned char *const state = malloc(bytes);
    ck_assert_int_eq(api->export_state(e, state, bytes), ENGINE_OK);
    ck_assert_mem_eq(state, expected, bytes);
    free(state);
    free(expected);
}

static void read_parameters(engine *e, float *out)
{
    for (size_t i = 0; i < LENET_TENSORS; i++) {
        const lenet_tensor *tensor = &lenet_tensors[i];
        size_t count = 0;
        ck_assert_int_eq(
            api->read_tensor(e, tensor->name, out + tensor->offset, tensor->count, &count),
            ENGINE_OK);
        ck_assert_uint_eq(count, tensor->count);
    }
}

static void expect_the_same_answers(engine *e, engine *other)
{
    enum { PROBABILITIES = VALIDATION * LENET_CLASSES };
    engine_result results[2];
    uint8_t classes[2][VALIDATION];
    float *p = malloc(2 * PROBABILITIES * sizeof *p);
    engine *const both[] = {e, other};
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(api->evaluate(both[i], ENGINE_VALIDATION, &results[i], classes[i]),
                         ENGINE_OK);
        ck_assert_int_eq(
            api->predict(both[i], validation.images, VALIDATION, p + i * PROBABILITIES), ENGINE_OK);
    }
    ck_assert_mem_eq(&results[0].loss_sum, &results[1].loss_sum, sizeof results[0].loss_sum);
    ck_assert_uint_eq(results[0].correct, results[1].correct);
    ck_assert_mem_eq(classes[0], classes[1], VALIDATION);
    ck_assert_mem_eq(p, p + PROBABILITIES, PROBABILITIES * sizeof *p);
    free(p);
}

START_TEST(weights_that_are_set_answer_as_where_they_were_trained)
{
    const engine_config config = small_config();
    engine_config other_config = config;
    engine_step steps[PART];
    float *trained = malloc(LENET_PARAMETERS * sizeof *trained);
    float *kept = malloc(LENET_PARAMETERS * sizeof *kept);
    engine *e = make_engine(&config);
    train(e, PART, steps);
    read_parameters(e, trained);
    other_config.seed++;
    other_config.batch_size = 1;
    engine *other = make_engine(&other_config);
    ck_assert_int_eq(api->set_parameters(other, trained), ENGINE_OK);
    read_parameters(other, kept);
    ck_assert_mem_eq(trained, kept, LENET_PARAMETERS * sizeof *kept);
    expect_the_same_answers(e, other);
    api->destroy(other);
    api->destroy(e);
    free(kept);
    free(trained);
}
END_TEST

/* The whole state, so that it holds for the moments too. */
START_TEST(the_initial_weights_set_anew_change_nothing)
{
    const engine_config config = small_config();
    engine_step steps[PART];
    float *initial = malloc(LENET_PARAMETERS * sizeof *initial);
    engine *e = make_engine(&config);
    read_parameters(e, initial);
    ck_assert_int_eq(api->set_parameters(e, initial), ENGINE_OK);
    train(e, PART, steps);
    check_state(e, &config, PART);
    api->destroy(e);
    free(initial);
}
END_TEST

START_TEST(weights_are_not_set_once_training_has_begun)
{
    const engine_config config = small_config();
    engine_step step;
    float *parameters = calloc(LENET_PARAMETERS, sizeof *parameters);
    engine *e = make_engine(&config);
    train(e, 1, &step);
    ck_assert_int_eq(api->set_parameters(e, parameters), ENGINE_INVALID);
    ck_assert_str_ne(api->message(e), "");
    check_state(e, &config, 1);
    api->destroy(e);
    free(parameters);
}
END_TEST

START_TEST(a_state_of_another_run_is_refused)
{
    engine_config config = small_config();
    size_t bytes = 0;
    unsigned char *state = state_after(&config, 1, &bytes);
    config.batch_size++;
    engine *e = make_engine(&config);
    ck_assert_int_eq(api->import_state(e, state, bytes), ENGINE_INVALID);
    api->destroy(e);
    free(state);
}
END_TEST

static int asked;
static int stopped_when_asked; /* so often */

static bool is_stopped(void)
{
    return ++asked == stopped_when_asked;
}

/* Trains WHOLE steps in an engine that is stopped once, and then the rest. Returns how many came
 * before. */
static uint32_t train_in_two(const engine_config *config)
{
    engine_config stopped = *config;
    engine_step steps[WHOLE];
    uint32_t queued = 0;
    uint32_t rest = 0;
    size_t count = 0;
    float bias[LENET_CLASSES];
    stopped.is_stopped = is_stopped;
    asked = 0;
    engine *e = make_engine(&stopped);
    ck_assert_int_eq(api->train(e, WHOLE, &queued), ENGINE_OK);
    ck_assert_int_eq(api->poll(e, steps, WHOLE, &count, true), ENGINE_OK);
    ck_assert_uint_eq(count, queued);
    if (queued < WHOLE) {
        ck_assert_int_eq(asked, stopped_when_asked);
        check_state(e, config, queued);
    }
    if (asked == 4) { /* in the middle of the second step */
        ck_assert_uint_eq(queued, 1);
        ck_assert_int_eq(api->read_tensor(e, "gradient/dense2/bias", bias, LENET_CLASSES, &count),
                         ENGINE_INVALID);
    }
    ck_assert_int_eq(api->train(e, WHOLE - queued, &rest), ENGINE_OK);
    ck_assert_uint_eq(queued + rest, WHOLE);
    check_state(e, config, WHOLE);
    api->destroy(e);
    return queued;
}

/* Wherever an engine asks. One that does not trains all steps. */
START_TEST(a_step_that_is_broken_off_leaves_no_trace)
{
    engine_config config = small_config();
    config.micro_batch = BATCH - 1;
    stopped_when_asked = 1;
    while (train_in_two(&config) < WHOLE) {
        stopped_when_asked++;
    }
}
END_TEST

START_TEST(no_more_steps_are_taken_than_can_be_held)
{
    const engine_config config = small_config();
    engine *e = make_engine(&config);
    engine_step steps[3];
    size_t count = 9;
    ck_assert_int_eq(api->train(e, ENGINE_MAX_QUEUED_STEPS + 1, NULL), ENGINE_INVALID);
    ck_assert_int_eq(api->poll(e, steps, 3, &count, true), ENGINE_OK);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(api->train(e, 3, NULL), ENGINE_OK);
    ck_assert_int_eq(api->train(e, ENGINE_MAX_QUEUED_STEPS - 2, NULL), ENGINE_INVALID);
    ck_assert_int_eq(api->poll(e, steps, 2, &count, true), ENGINE_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(steps[1].step, 2);
    ck_assert_int_eq(api->poll(e, steps, 3, &count, true), ENGINE_OK);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(steps[0].step, 3);
    api->destroy(e);
}
END_TEST

START_TEST(predictions_agree_with_evaluation)
{
    const engine_config config = small_config();
    engine *e = make_engine(&config);
    engine_step steps[PART];
    train(e, PART, steps);
    engine_result result;
    uint8_t predicted[VALIDATION];
    uint32_t correct = 0;
    ck_assert_int_eq(api->evaluate(e, ENGINE_VALIDATION, &result, predicted), ENGINE_OK);
    float *p = malloc(VALIDATION * LENET_CLASSES * sizeof *p);
    ck_assert_int_eq(api->predict(e, validation.images, VALIDATION, p), ENGINE_OK);
    double loss = 0;
    for (uint32_t i = 0; i < VALIDATION; i++) {
        const float *of_sample = p + i * LENET_CLASSES;
        double sum = 0;
        uint8_t best = 0;
        for (uint8_t j = 0; j < LENET_CLASSES; j++) {
            sum += of_sample[j];
            best = of_sample[j] > of_sample[best] ? j : best;
        }
        ck_assert_double_eq_tol(sum, 1, 1e-6);
        ck_assert_uint_eq(predicted[i], best);
        correct += best == validation.labels[i];
        loss -= log((double)p[i * LENET_CLASSES + validation.labels[i]]);
    }
    ck_assert_uint_eq(result.samples, VALIDATION);
    ck_assert_uint_eq(result.correct, correct);
    ck_assert_double_eq_tol(loss / result.loss_sum, 1, 1e-5);
    free(p);
    api->destroy(e);
}
END_TEST

START_TEST(unknown_or_not_yet_made_tensors_are_refused)
{
    const engine_config config = small_config();
    engine *e = make_engine(&config);
    float few[8];
    size_t count = 0;
    ck_assert_int_eq(api->read_tensor(e, "conv3/kernel", few, 8, &count), ENGINE_INVALID);
    ck_assert_int_eq(api->read_tensor(e, "gradient/conv1/bias", few, 8, &count), ENGINE_INVALID);
    ck_assert_int_eq(api->read_tensor(e, "activation/logits", few, 8, &count), ENGINE_INVALID);
    ck_assert_int_eq(api->read_tensor(e, "conv1/bias", few, 8, &count), ENGINE_INVALID);
    ck_assert_uint_eq(count, 32);
    float bias[32];
    ck_assert_int_eq(api->read_tensor(e, "conv1/bias", bias, 32, &count), ENGINE_OK);
    for (int i = 0; i < 32; i++) {
        ck_assert_float_eq(bias[i], 0);
    }
    api->destroy(e);
}
END_TEST

START_TEST(a_histogram_counts_what_the_tensor_holds)
{
    const engine_config config = small_config();
    engine *e = make_engine(&config);
    engine_step steps[2];
    train(e, 2, steps);
    const char *const names[] = {"conv2/kernel", "gradient/dense1/kernel", "activation/pool",
                                 "activation/logits"};
    float *values = malloc(LENET_PARAMETERS * sizeof *values);
    for (size_t t = 0; t < sizeof names / sizeof *names; t++) {
        size_t count = 0;
        engine_histogram h;
        ck_assert_int_eq(api->read_tensor(e, names[t], values, LENET_PARAMETERS, &count),
                         ENGINE_OK);
        ck_assert_int_eq(api->read_histogram(e, names[t], &h), ENGINE_OK);
        double sum = 0;
        double min = INFINITY;
        double max = -INFINITY;
        for (size_t i = 0; i < count; i++) {
            sum += (double)values[i];
            min = fmin(min, (double)values[i]);
            max = fmax(max, (double)values[i]);
        }
        uint64_t in_buckets = 0;
        for (int b = 0; b < ENGINE_HISTOGRAM_BUCKETS; b++) {
            in_buckets += h.buckets[b];
        }
        ck_assert_double_eq(h.min, min);
        ck_assert_double_eq(h.max, max);
        ck_assert_double_eq_tol(h.sum, sum, 1e-9 * (double)count);
        ck_assert_uint_eq(h.finite, count);
        ck_assert_uint_eq(h.not_finite, 0);
        ck_assert_uint_eq(in_buckets, count);
        ck_assert_uint_gt(h.buckets[ENGINE_HISTOGRAM_BUCKETS - 1], 0);
    }
    free(values);
    api->destroy(e);
}
END_TEST

START_TEST(the_plan_is_what_is_made)
{
    engine_config config = small_config();
    config.micro_batch = micro_batches[_i];
    engine_plan plan;
    char message[200];
    ck_assert_int_eq(api->plan(&config, TRAINING, VALIDATION, &plan, message, sizeof message),
                     ENGINE_OK);
    engine *e = make_engine(&config);
    ck_assert_uint_ge(plan.available, plan.memory.total);
    const engine_plan *made = api->planned(e);
    ck_assert_mem_eq(&plan.memory, &made->memory, sizeof made->memory);
    ck_assert_int_eq(plan.precision, made->precision);
    ck_assert_str_eq(plan.arithmetic, made->arithmetic);
    ck_assert_str_eq(plan.hardware, made->hardware);
    api->destroy(e);
    const engine_memory *m = &plan.memory;
    ck_assert_uint_eq(m->total, m->data + m->parameters + m->optimizer + m->gradients +
                                    m->activations + m->workspace);
    ck_assert_int_ne(plan.precision, ENGINE_DEFAULT_PRECISION);
    ck_assert_str_ne(plan.arithmetic, "");
    ck_assert_str_ne(plan.hardware, "");
    config.batch_size++;
    engine_plan larger;
    ck_assert_int_eq(api->plan(&config, TRAINING, VALIDATION, &larger, message, sizeof message),
                     ENGINE_OK);
    if (config.micro_batch == 0) {
        ck_assert_uint_gt(larger.memory.activations, m->activations);
    } else {
        ck_assert_mem_eq(&larger.memory, m, sizeof *m);
    }
    ck_assert_str_eq(larger.arithmetic, plan.arithmetic);
}
END_TEST

START_TEST(activations_are_taken_for_a_micro_batch_alone)
{
    engine_config config = small_config();
    engine_plan in_parts;
    engine_plan part;
    char message[200];
    config.micro_batch = BATCH / 2;
    ck_assert_int_eq(api->plan(&config, TRAINING, VALIDATION, &in_parts, message, sizeof message),
                     ENGINE_OK);
    config.batch_size = BATCH / 2;
    config.micro_batch = 0;
    ck_assert_int_eq(api->plan(&config, TRAINING, VALIDATION, &part, message, sizeof message),
                     ENGINE_OK);
    ck_assert_mem_eq(&in_parts.memory, &part.memory, sizeof part.memory);
    ck_assert_str_eq(in_parts.arithmetic, part.arithmetic);
}
END_TEST

START_TEST(configurations_out_of_range_are_refused)
{
    const engine_config good = small_config();
    engine_config bad[9];
    const size_t count = sizeof bad / sizeof bad[0];
    for (size_t i = 0; i < count; i++) {
        bad[i] = good;
    }
    bad[0].batch_size = 0;
    bad[1].batch_size = TRAINING + 1;
    bad[2].learning_rate = 0;
    bad[3].learning_rate = NAN;
    bad[4].beta_1 = 1;
    bad[5].epsilon = -1;
    bad[6].precision = (engine_precision)99;
    bad[7].micro_batch = BATCH + 1;
    bad[8].runs_at_once = 0;
    for (size_t i = 0; i < count; i++) {
        char message[200] = "";
        engine *e = NULL;
        engine_plan plan;
        char planned[200] = "";
        ck_assert_int_eq(api->create(&e, &bad[i], &training, &validation, message, 200),
                         ENGINE_INVALID);
        ck_assert_ptr_null(e);
        ck_assert_str_ne(message, "");
        ck_assert_ptr_null(strchr(message, '\n'));
        ck_assert_int_eq(api->plan(&bad[i], TRAINING, VALIDATION, &plan, planned, 200),
                         ENGINE_INVALID);
        ck_assert_str_eq(planned, message);
    }
}
END_TEST

static TCase *engine_case(const engine_api *which)
{
    api = which;
    TCase *c = tcase_create(which->name);
    tcase_add_unchecked_fixture(c, make_data, free_data);
    tcase_add_test(c, steps_are_numbered_from_1_and_the_last_batch_is_short);
    tcase_add_test(c, training_lowers_the_loss);
    tcase_add_loop_test(c, any_number_of_threads_gives_the_same_bits, 0,
                        strcmp(which->name, "cpu") == 0 ? RUNS : 1);
    tcase_add_test(c, a_micro_batch_of_the_whole_batch_changes_nothing);
    tcase_add_test(c, cutting_a_run_into_calls_changes_nothing);
    tcase_add_loop_test(c,
                        a_gradient_leaves_the_run_as_it_was_and_has_the_same_bits_for_any_threads,
                        0, strcmp(which->name, "cpu") == 0 ? RUNS : 1);
    tcase_add_test(c, after_a_gradient_the_last_steps_tensors_are_gone);
    tcase_add_test(c, a_gradient_of_samples_that_are_not_there_is_refused);
    tcase_add_loop_test(c, an_imported_state_goes_on_as_if_never_left, 0, MICRO_BATCHES);
    tcase_add_test(c, weights_that_are_set_answer_as_where_they_were_trained);
    tcase_add_test(c, the_initial_weights_set_anew_change_nothing);
    tcase_add_test(c, weights_are_not_set_once_training_has_begun);
    tcase_add_test(c, a_state_of_another_run_is_refused);
    tcase_add_test(c, a_step_that_is_broken_off_leaves_no_trace);
    tcase_add_test(c, no_more_steps_are_taken_than_can_be_held);
    tcase_add_test(c, predictions_agree_with_evaluation);
    tcase_add_test(c, unknown_or_not_yet_made_tensors_are_refused);
    tcase_add_test(c, a_histogram_counts_what_the_tensor_holds);
    tcase_add_loop_test(c, the_plan_is_what_is_made, 0, MICRO_BATCHES);
    tcase_add_test(c, activations_are_taken_for_a_micro_batch_alone);
    tcase_add_test(c, configurations_out_of_range_are_refused);
    return c;
}

int main(void)
{
    int status = EXIT_SUCCESS;
    const char *only = getenv("ENGINE");
    for (size_t i = 0; engine_list[i] != NULL; i++) {
        char reason[200];
        if (only != NULL && strcmp(engine_list[i]->name, only) != 0) {
            continue;
        }
        if (!engine_list[i]->available(reason, sizeof reason)) {
            printf("engine %s: not here: %s\n", engine_list[i]->name, reason);
            continue;
        }
        Suite *suite = suite_create("engine");
        suite_add_tcase(suite, engine_case(engine_list[i]));
        if (run_suite_without_forks(suite) != EXIT_SUCCESS) {
            status = EXIT_FAILURE;
        }
    }
    return status;
}
