/* A run's bits must not depend on threads, on how calls divide it, on micro-batches of whole
 * batches, or on reading gradients. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_fixture.h"
#include "engine_tests.h"
#include "sample_data.h"

/* The CPU engine's instruction sets and precisions. Batches of 66 samples and micro-batches of 40
 * are larger than CPU_MAX_GROUPS, so that a group sums several samples. Each last batch is short.
 * Other engines are tested only with the first entry. */
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
#ifndef __SANITIZE_THREAD__ /* the same code for other instructions has the same races */
    {"avx2", ENGINE_FP32, TRAINING, BATCH, 0, BATCHES + 1, MANY_THREADS},
    {"portable", ENGINE_FP32, TRAINING, BATCH, 0, BATCHES + 1, MANY_THREADS},
    {NULL, ENGINE_BF16, TRAINING, BATCH, 0, BATCHES + 1, MANY_THREADS},
#endif
    {NULL, ENGINE_DEFAULT_PRECISION, 66 + 35, 66, 0, 2, 2},
    {NULL, ENGINE_DEFAULT_PRECISION, TRAINING, BATCH, 5, BATCHES + 1, MANY_THREADS},
    {NULL, ENGINE_DEFAULT_PRECISION, 80 + 50, 80, 40, 2, 2},
};

enum { RUNS = sizeof runs / sizeof *runs };

/* False, with a message, if the engine or this machine cannot compute it. */
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
    /* An engine that ignores the number of threads just makes a second run. */
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

/* Trains an epoch and two more steps. Computes a gradient before these two steps and after the
 * second, each of all samples but one. Returns the state, and stores the last gradient in
 * gradient[LENET_PARAMETERS]. */
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
    /* Only the CPU engine uses threads. */
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

void add_engine_bits_tests(TCase *c)
{
    tcase_add_loop_test(c, any_number_of_threads_gives_the_same_bits, 0,
                        strcmp(api->name, "cpu") == 0 ? RUNS : 1);
    tcase_add_test(c, a_micro_batch_of_the_whole_batch_changes_nothing);
    tcase_add_test(c, cutting_a_run_into_calls_changes_nothing);
    tcase_add_loop_test(c,
                        a_gradient_leaves_the_run_as_it_was_and_has_the_same_bits_for_any_threads,
                        0, strcmp(api->name, "cpu") == 0 ? RUNS : 1);
    tcase_add_test(c, after_a_gradient_the_last_steps_tensors_are_gone);
    tcase_add_test(c, a_gradient_of_samples_that_are_not_there_is_refused);
}
