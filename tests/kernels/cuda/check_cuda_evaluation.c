/* Evaluations of the CUDA engine on the host harness, compared with the CPU engine's. There are
 * more samples than one launch takes, and not a multiple of that number. Also in runs of other
 * batch sizes. check_cuda_forward.c and check_cuda_precision.c test what the launches compute. */
#include "cuda_engine_fixture.h"
#include "cuda_host.h"

static const engine_api *const api = &engine_cuda;

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

/* More samples than one launch takes. */
START_TEST(evaluation_of_many_batches_downloads_once)
{
    enum {
        SAMPLES = 514,
        CALLS = 5 /* besides the launches: the device, clearing the sums, two copies, a wait */
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
    TCase *c = cuda_engine_case("evaluation");
    tcase_add_test(c, evaluation_has_the_same_bits_for_any_batch_size);
    tcase_add_test(c, evaluation_of_many_batches_downloads_once);
    return run_cuda_engine_case(c);
}
