/* On the host harness, the CUDA engine's runs are the CPU engine's: with any micro-batches, also
 * empty ones of a short batch, and with cuBLAS. Also tests a step that is not captured, whose
 * streams run as early or as late as their events allow. */
#include <math.h>
#include <stdlib.h>

#include "cuda_engine_fixture.h"
#include "cuda_host.h"

static const engine_api *const api = &engine_cuda;

/* The root mean square difference of two runs' parameters. */
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

/* A step moves most parameters by about the learning rate, 1e-3, so a wrong order or mask would
 * cause a difference of that size. Rounding decides the direction only for a few, whose gradient is
 * nearly 0. */
static const double close_runs = 5e-5;

enum { STEPS = 2 }; /* steps of 3 samples and of 1 */

static void expect_same_run(const engine_config *config, const char *dense1,
                            const engine_step *expected)
{
    engine_step steps[STEPS];
    setenv("LENET_DENSE1", dense1, 1);
    run_steps(api, config, STEPS, steps, second_run);
    expect_close_steps(steps, expected, STEPS, 1e-3);
    const double apart = distance(first_run, second_run);
    ck_assert_msg(apart <= close_runs, "%s, micro-batch %u: %g", dense1,
                  (unsigned)config->micro_batch, apart);
}

/* With micro-batches of 1 and 2, some of the last batch are empty. */
START_TEST(the_cpu_engines_weights_orders_and_masks_in_any_micro_batch)
{
    engine_config config = small_config();
    engine_step expected[STEPS];
    engine_step other[STEPS];
    run_steps(&engine_cpu, &config, STEPS, expected, first_run);
    for (config.micro_batch = 0; config.micro_batch < BATCH; config.micro_batch++) {
        expect_same_run(&config, "own", expected);
    }
    config.micro_batch = 0;
    expect_same_run(&config, "cublas", expected);
    config.micro_batch = 2;
    expect_same_run(&config, "cublas", expected);
    config.micro_batch = 0;
    config.seed++; /* the control: another run is far away */
    run_steps(&engine_cpu, &config, STEPS, other, first_run);
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

/* Steps of three micro-batches; check_cuda_precision.c has steps of two. */
START_TEST(gradients_are_the_whole_batchs_in_micro_batches_of_one)
{
    engine_config config = small_config();
    read_gradients(&config, first_run);
    config.micro_batch = 1;
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

/* A step of that many micro-batches is not captured: its streams wait for each other's events. */
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
    run_steps(api, &config, 1, &expected, first_run);
    cuda_host_set_order(CUDA_HOST_DESCENDING, 0);
    run_steps(api, &config, 1, &step, second_run);
    ck_assert(step.loss_sum == expected.loss_sum);
    ck_assert_mem_eq(first_run, second_run, sizeof first_run);
}
END_TEST

int main(void)
{
    TCase *c = cuda_engine_case("runs");
    tcase_add_test(c, the_cpu_engines_weights_orders_and_masks_in_any_micro_batch);
    tcase_add_test(c, gradients_are_the_whole_batchs_in_micro_batches_of_one);
    tcase_add_test(c, a_step_that_is_not_captured_has_the_same_bits_however_its_streams_run);
    return run_cuda_engine_case(c);
}
