/* Exporting and importing a run's state and weights, and their values after an interrupted step. */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine_fixture.h"
#include "engine_tests.h"

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

/* Compares the whole state, so the moments are checked too. */
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

static int stopped_when_asked; /* number of calls */

static bool is_stopped(void)
{
    return ++asked == stopped_when_asked;
}

/* Trains WHOLE steps in an engine that is stopped once: first some steps, then the rest. Returns
 * how many came first. */
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

/* Breaks the step off at each point where the engine asks. An engine that does not ask trains all
 * steps. */
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

void add_engine_state_tests(TCase *c)
{
    tcase_add_loop_test(c, an_imported_state_goes_on_as_if_never_left, 0, MICRO_BATCHES);
    tcase_add_test(c, weights_that_are_set_answer_as_where_they_were_trained);
    tcase_add_test(c, the_initial_weights_set_anew_change_nothing);
    tcase_add_test(c, weights_are_not_set_once_training_has_begun);
    tcase_add_test(c, a_state_of_another_run_is_refused);
    tcase_add_test(c, a_step_that_is_broken_off_leaves_no_trace);
}
