/* What the CUDA engine computes on the harness: the CPU engine's runs, and its own whatever calls,
 * micro-batches and streams they are cut into. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cuda_engine_fixture.h"
#include "cuda_host.h"

static const engine_api *const api = &engine_cuda;

/* Parameters after `steps` steps, and the steps' metrics. */
static void run(const engine_api *which, const engine_config *config, uint32_t steps,
                engine_step *out, float *parameters)
{
    engine *e = make_engine(which, config);
    train_steps(which, e, steps, out);
    read_tensors(which, e, "", parameters);
    which->destroy(e);
}

/* How far two runs' parameters are apart, as the root of the mean square. */
static double distance(const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        const double difference = (double)a[i] - (double)b[i];
        sum += difference * difference;
    }
    return sqrt(sum / LENET_PARAMETERS);
}

static float first_run[LENET_PARAMETERS];
static float second_run[LENET_PARAMETERS];

/* A step moves most parameters by about the learning rate, 1e-3, and other orders or masks would
 * leave them that far apart. Rounding decides the direction for a few whose gradient is nearly
 * nothing. */
static const double close_runs = 5e-5;

static void expect_close_steps(const engine_step *a, const engine_step *b, uint32_t count,
                               double tolerance)
{
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_uint_eq(a[i].step, b[i].step);
        ck_assert_uint_eq(a[i].samples, b[i].samples);
        ck_assert(fabs(a[i].loss_sum - b[i].loss_sum) <= tolerance * b[i].loss_sum);
    }
}

enum { STEPS = 2 }; /* of 3 samples and of 1 */

static void expect_same_run(const engine_config *config, const char *dense1,
                            const engine_step *expected)
{
    engine_step steps[STEPS];
    setenv("LENET_DENSE1", dense1, 1);
    run(api, config, STEPS, steps, second_run);
    expect_close_steps(steps, expected, STEPS, 1e-3);
    const double apart = distance(first_run, second_run);
    ck_assert_msg(apart <= close_runs, "%s, micro-batch %u: %g", dense1,
                  (unsigned)config->micro_batch, apart);
}

/* With micro-batches of 1 and 2, the last batch leaves some without samples. */
START_TEST(the_cpu_engines_weights_orders_and_masks_in_any_micro_batch)
{
    engine_config config = small_config();
    engine_step expected[STEPS];
    engine_step other[STEPS];
    run(&engine_cpu, &config, STEPS, expected, first_run);
    for (config.micro_batch = 0; config.micro_batch < BATCH; config.micro_batch++) {
        expect_same_run(&config, "own", expected);
    }
    config.micro_batch = 0;
    expect_same_run(&config, "cublas", expected);
    config.micro_batch = 2;
    expect_same_run(&config, "cublas", expected);
    config.micro_batch = 0;
    config.seed++; /* the control: what is not the same run is far away */
    run(&engine_cpu, &config, STEPS, other, first_run);
    ck_assert(distance(first_run, second_run) > 10 * close_runs);
}
END_TEST

static void read_gradients(const engine_config *config, float *out)
{
    engine_step step;
    engine *e = make_engine(api, config);
    train_steps(api, e, 1, &step);
    read_tensors(api, e, "gradient/", out);
    api->destroy(e);
}

START_TEST(gradients_are_the_whole_batchs_in_any_micro_batch)
{
    engine_config config = small_config();
    read_gradients(&config, first_run);
    config.micro_batch = (uint32_t)_i;
    read_gradients(&config, second_run);
    for (size_t t = 0; t < LENET_TENSORS; t++) {
        const lenet_tensor *tensor = &lenet_tensors[t];
        double apart = 0;
        double size = 0;
        for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
            const double difference = (double)first_run[i] - (double)second_run[i];
            apart += difference * difference;
            size += (double)first_run[i] * (double)first_run[i];
        }
        ck_assert_msg(size > 0 && apart <= 1e-10 * size, "%s: %g of %g", tensor->name, sqrt(apart),
                      sqrt(size));
    }
}
END_TEST

/* Steps that are queued by calls of one each, more than there are marks, before anybody asks. */
static void run_by_single_calls(const engine_config *config, uint32_t count, engine_step *out,
                                float *parameters)
{
    size_t taken = 0;
    engine *e = make_engine(api, config);
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_int_eq(api->train(e, 1), ENGINE_OK);
    }
    ck_assert_int_eq(api->poll(e, out, 1, &taken, false), ENGINE_OK);
    ck_assert_uint_eq(taken, 0);
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_int_eq(api->poll(e, &out[i], 1, &taken, true), ENGINE_OK);
        ck_assert_uint_eq(taken, 1);
    }
    read_tensors(api, e, "", parameters);
    api->destroy(e);
}

/* One call takes the replay of many steps, that of one step, and the next epoch's order. */
START_TEST(a_long_call_trains_the_cpu_engines_steps_and_short_ones_the_same)
{
    enum { SAMPLES = 17, LONG = SAMPLES + 1 };
    engine_config config = small_config();
    engine_step steps[LONG];
    engine_step expected[LONG];
    config.batch_size = 1;
    sample_data_free(&training);
    training = sample_data(SAMPLES, 1);
    run(&engine_cpu, &config, LONG, expected, first_run);
    const uint64_t before = cuda_host_launches();
    run(api, &config, LONG, steps, second_run);
    ck_assert_uint_eq((cuda_host_launches() - before) % LONG, 7); /* create's, and 3 an order */
    expect_close_steps(steps, expected, LONG, 2e-2);
    ck_assert_int_lt(CUDA_MAX_MARKS, LONG - 1);
    cuda_host_set_late(true);
    run_by_single_calls(&config, LONG, expected, first_run);
    expect_close_steps(steps, expected, LONG, 0);
    ck_assert_mem_eq(first_run, second_run, sizeof first_run);
}
END_TEST

/* A step of so many micro-batches is not captured: its streams wait for each other by events. */
START_TEST(a_step_that_is_not_captured_has_the_same_bits_however_its_streams_run)
{
    enum { SAMPLES = 9 };
    engine_config config = small_config();
    engine_step expected;
    engine_step step;
    config.batch_size = SAMPLES;
    config.micro_batch = 1;
    sample_data_free(&training);
    training = sample_data(SAMPLES, 1);
    cuda_host_set_late(true);
    cuda_host_set_order(CUDA_HOST_ASCENDING, 0);
    run(api, &config, 1, &expected, first_run);
    for (int order = CUDA_HOST_DESCENDING; order <= CUDA_HOST_SHUFFLED; order++) {
        cuda_host_set_order((cuda_host_order)order, 3);
        run(api, &config, 1, &step, second_run);
        ck_assert(step.loss_sum == expected.loss_sum);
        ck_assert_mem_eq(first_run, second_run, sizeof first_run);
    }
}
END_TEST

START_TEST(evaluation_has_the_same_bits_for_any_batch_size)
{
    engine_config config = small_config();
    engine_result first;
    engine_result other;
    engine *e = make_engine(api, &config);
    ck_assert_int_eq(api->evaluate(e, ENGINE_TRAINING, &first, NULL), ENGINE_OK);
    api->destroy(e);
    config.batch_size = TRAINING;
    config.micro_batch = 2;
    e = make_engine(api, &config);
    ck_assert_int_eq(api->evaluate(e, ENGINE_TRAINING, &other, NULL), ENGINE_OK);
    api->destroy(e);
    ck_assert(first.loss_sum == other.loss_sum);
    ck_assert_uint_eq(first.correct, other.correct);
}
END_TEST

/* More samples than are worked on at once. */
START_TEST(evaluation_of_many_batches_downloads_once)
{
    enum {
        SAMPLES = 514,
        CALLS = 5 /* beside the launches: the device, the sums' clearing, two copies, a wait */
    };
    const engine_config config = small_config();
    engine_result result;
    engine_result expected;
    uint8_t predicted[SAMPLES];
    uint8_t by_cpu[SAMPLES];
    sample_data_free(&validation);
    validation = sample_data(SAMPLES, 2);
    engine *e = make_engine(&engine_cpu, &config);
    ck_assert_int_eq(engine_cpu.evaluate(e, ENGINE_VALIDATION, &expected, by_cpu), ENGINE_OK);
    engine_cpu.destroy(e);
    e = make_engine(api, &config);
    cuda_host_set_late(true);
    const uint64_t calls = cuda_host_calls();
    const uint64_t launches = cuda_host_launches();
    ck_assert_int_eq(api->evaluate(e, ENGINE_VALIDATION, &result, predicted), ENGINE_OK);
    ck_assert_uint_eq(cuda_host_launches() - launches, 2 * 4);
    ck_assert_uint_eq(cuda_host_calls() - calls, 2 * 4 + CALLS);
    ck_assert_mem_eq(predicted, by_cpu, SAMPLES);
    ck_assert_uint_eq(result.correct, expected.correct);
    ck_assert_double_eq_tol(result.loss_sum / expected.loss_sum, 1, 1e-4);
    api->destroy(e);
}
END_TEST

int main(void)
{
    TCase *c = cuda_engine_case("runs");
    tcase_add_test(c, the_cpu_engines_weights_orders_and_masks_in_any_micro_batch);
    tcase_add_loop_test(c, gradients_are_the_whole_batchs_in_any_micro_batch, 1, BATCH);
    tcase_add_test(c, a_long_call_trains_the_cpu_engines_steps_and_short_ones_the_same);
    tcase_add_test(c, a_step_that_is_not_captured_has_the_same_bits_however_its_streams_run);
    tcase_add_test(c, evaluation_has_the_same_bits_for_any_batch_size);
    tcase_add_test(c, evaluation_of_many_batches_downloads_once);
    return run_cuda_engine_case(c);
}
