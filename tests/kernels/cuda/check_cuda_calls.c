/* How calls divide a run of the CUDA engine into graph replays: of many steps, of one step, and
 * across epochs, each with a new order of samples. With late streams, more calls are queued than
 * the engine has marks before the first poll. Runs on the host harness. */
#include "cuda_engine_fixture.h"
#include "cuda_host.h"

static const engine_api *const api = &engine_cuda;

static float first_run[LENET_PARAMETERS];
static float second_run[LENET_PARAMETERS];

/* Queues steps by calls of one step each, more calls than there are marks, before the first
 * poll. */
static void run_by_single_calls(const engine_config *config, uint32_t count, engine_step *out,
                                float *parameters)
{
    size_t taken = 0;
    engine *e = make_engine(api, config);
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_int_eq(api->train(e, 1, NULL), ENGINE_OK);
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

/* One call makes a replay of many steps, one of a single step, and the next epoch's order. */
START_TEST(a_long_call_trains_the_cpu_engines_steps_and_short_ones_the_same)
{
    enum { SAMPLES = 17, LONG = SAMPLES + 1 };
    engine_config config = small_config();
    engine_step steps[LONG];
    engine_step expected[LONG];
    config.batch_size = 1;
    sample_data_free(&training);
    training = sample_data(SAMPLES, 1);
    run_steps(&engine_cpu, &config, LONG, expected, first_run);
    const uint64_t before = cuda_host_launches();
    run_steps(api, &config, LONG, steps, second_run);
    ck_assert_uint_eq((cuda_host_launches() - before) % LONG, 7); /* of create, and 3 per order */
    expect_close_steps(steps, expected, LONG, 2e-2);
    ck_assert_int_lt(CUDA_MAX_MARKS, LONG - 1);
    cuda_host_set_late(true);
    run_by_single_calls(&config, LONG, expected, first_run);
    expect_close_steps(steps, expected, LONG, 0);
    ck_assert_mem_eq(first_run, second_run, sizeof first_run);
}
END_TEST

int main(void)
{
    TCase *c = cuda_engine_case("calls");
    tcase_add_test(c, a_long_call_trains_the_cpu_engines_steps_and_short_ones_the_same);
    return run_cuda_engine_case(c);
}
