/* Tests the promises of the engine's interface on every engine that this machine can run, or on the
 * one that $ENGINE names. This file tests steps, answers, tensors and plans; engine_tests.h names
 * the files with the rest. check_engine_reference.c tests the numbers themselves. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "engine_fixture.h"
#include "engine_tests.h"

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
    /* The loss of an untrained network is about ln 10 = 2.30 per sample. */
    ck_assert_double_gt(before.loss_sum / TRAINING, 1.5);
    ck_assert_double_lt(after.loss_sum, LESSON_LEAVES / 100.0 * before.loss_sum);
    ck_assert_uint_gt(after.correct, before.correct);
    api->destroy(e);
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
    tcase_add_test(c, no_more_steps_are_taken_than_can_be_held);
    tcase_add_test(c, predictions_agree_with_evaluation);
    tcase_add_test(c, unknown_or_not_yet_made_tensors_are_refused);
    tcase_add_test(c, a_histogram_counts_what_the_tensor_holds);
    tcase_add_loop_test(c, the_plan_is_what_is_made, 0, MICRO_BATCHES);
    tcase_add_test(c, activations_are_taken_for_a_micro_batch_alone);
    tcase_add_test(c, configurations_out_of_range_are_refused);
    add_engine_bits_tests(c);
    add_engine_state_tests(c);
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
