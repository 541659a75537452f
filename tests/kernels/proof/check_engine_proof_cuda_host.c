/* The proof of the CUDA engine on the host harness, small since a sample is slow there. It passes
 * in each precision. The proof distinguishes what a device may lack from what it may do wrong. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "cuda_host.h"
#include "engine_proof.h"
#include "engine_tables.h"

static const engine_proof_size small = {
    .training_count = 6, .validation_count = 2, .batch_size = 4, .steps = 2};

static unsigned beyond; /* comparisons beyond their bounds, of the last proof; the first of them: */
static char first_beyond[PROOF_NAME_BYTES];
static char message[256];

static void set_up(void)
{
    cuda_host_reset();
}

static void tear_down(void)
{
    ck_assert_uint_eq(cuda_host_memory_used(), 0);
}

static void hear(void *context, const proof_comparison *comparison)
{
    (void)context;
    if (getenv("SHOW_ERRORS") != NULL) {
        printf("%s: %.3g, allowed %.3g\n", comparison->what, comparison->difference,
               comparison->allowed);
    }
    if (!proof_comparison_holds(comparison) && beyond++ == 0) {
        snprintf(first_beyond, sizeof first_beyond, "%s", comparison->what);
    }
}

static engine_status prove_sized(const engine_api *api, engine_precision precision,
                                 const engine_proof_size *size)
{
    const proof_listener listener = {hear, NULL};
    engine_config settings = engine_config_defaults();
    settings.precision = precision;
    settings.threads = 1;
    beyond = 0;
    first_beyond[0] = message[0] = '\0';
    return engine_proof_make(api, &settings, size, &listener, message, sizeof message);
}

static engine_status prove(const engine_api *api, engine_precision precision)
{
    return prove_sized(api, precision, &small);
}

START_TEST(it_passes_in_each_precision)
{
    ck_assert_msg(prove(&engine_cuda, (engine_precision)_i) == ENGINE_OK, "%s", message);
    ck_assert_msg(beyond == 0, "%u, first of them %s", beyond, first_beyond);
}
END_TEST

/* A batch of one sample, to be fast. */
START_TEST(it_passes_with_the_graph_of_many_steps)
{
    const engine_proof_size long_epoch = {
        .training_count = 18, .validation_count = 2, .batch_size = 1, .steps = 18};
    ck_assert_msg(prove_sized(&engine_cuda, ENGINE_FP32, &long_epoch) == ENGINE_OK, "%s", message);
    ck_assert_msg(beyond == 0, "%u, first of them %s", beyond, first_beyond);
}
END_TEST

static engine_status create_with_other_epsilon(engine **out, const engine_config *config,
                                               const engine_data *training,
                                               const engine_data *validation, char *text,
                                               size_t text_bytes)
{
    engine_config other = *config;
    other.epsilon *= 2;
    return engine_cuda.create(out, &other, training, validation, text, text_bytes);
}

static engine_status create_in_bf16(engine **out, const engine_config *config,
                                    const engine_data *training, const engine_data *validation,
                                    char *text, size_t text_bytes)
{
    engine_config coarse = *config;
    coarse.precision = ENGINE_BF16;
    return engine_cuda.create(out, &coarse, training, validation, text, text_bytes);
}

static engine_precision pretended;

static const engine_plan *planned_as_pretended(const engine *e)
{
    static engine_plan plan;
    plan = *engine_cuda.planned(e);
    plan.precision = pretended;
    return &plan;
}

START_TEST(another_update_is_found)
{
    engine_api wrong = engine_cuda;
    wrong.create = create_with_other_epsilon;
    ck_assert_int_eq(prove(&wrong, ENGINE_FP32), ENGINE_OK);
    ck_assert_msg(strncmp(first_beyond, "update/", strlen("update/")) == 0, "%s", first_beyond);
}
END_TEST

START_TEST(a_coarser_precision_than_asked_for_is_found)
{
    engine_api wrong = engine_cuda;
    wrong.create = create_in_bf16;
    wrong.planned = planned_as_pretended;
    pretended = (engine_precision)_i;
    ck_assert_int_eq(prove(&wrong, pretended), ENGINE_OK);
    ck_assert_uint_gt(beyond, 0);
}
END_TEST

START_TEST(a_device_without_memory_has_not_failed)
{
    cuda_host_set_memory(1 << 20);
    ck_assert_int_eq(prove(&engine_cuda, ENGINE_FP32), ENGINE_NO_MEMORY);
    ck_assert_ptr_nonnull(strstr(message, "MiB"));
}
END_TEST

START_TEST(without_a_device_it_is_not_available)
{
    cuda_host_fail_call(1, cudaErrorNoDevice);
    ck_assert_int_eq(prove(&engine_cuda, ENGINE_FP32), ENGINE_UNAVAILABLE);
    cuda_host_set_driver(0);
    cuda_host_fail_call(1, cudaErrorInsufficientDriver);
    ck_assert_int_eq(prove(&engine_cuda, ENGINE_FP32), ENGINE_UNAVAILABLE);
}
END_TEST

/* A driver that is too old, and a device that another process uses exclusively. */
START_TEST(with_a_device_that_cannot_be_used_it_is_not_usable)
{
    cuda_host_fail_call(1, cudaErrorInsufficientDriver);
    ck_assert_int_eq(prove(&engine_cuda, ENGINE_FP32), ENGINE_UNUSABLE);
    cuda_host_fail_call(4, cudaErrorDevicesUnavailable);
    ck_assert_int_eq(prove(&engine_cuda, ENGINE_FP32), ENGINE_UNUSABLE);
}
END_TEST

static engine_status train_and_lose(engine *e, uint32_t steps, uint32_t *queued)
{
    cuda_host_fail_call(1, cudaErrorIllegalAddress);
    return engine_cuda.train(e, steps, queued);
}

START_TEST(a_device_that_is_lost_has_failed)
{
    engine_api lost = engine_cuda;
    lost.train = train_and_lose;
    ck_assert_int_eq(prove(&lost, ENGINE_FP32), ENGINE_FAILED);
    ck_assert_msg(strstr(message, "cudaErrorIllegalAddress") != NULL, "%s", message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("the proof of the CUDA engine");
    TCase *cases = tcase_create("proofs");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, it_passes_in_each_precision, ENGINE_FP32, ENGINE_BF16 + 1);
    tcase_add_test(cases, it_passes_with_the_graph_of_many_steps);
    tcase_add_test(cases, another_update_is_found);
    tcase_add_loop_test(cases, a_coarser_precision_than_asked_for_is_found, ENGINE_FP32,
                        ENGINE_BF16);
    tcase_add_test(cases, a_device_without_memory_has_not_failed);
    tcase_add_test(cases, without_a_device_it_is_not_available);
    tcase_add_test(cases, with_a_device_that_cannot_be_used_it_is_not_usable);
    tcase_add_test(cases, a_device_that_is_lost_has_failed);
    suite_add_tcase(suite, cases);
    return run_suite_without_forks(suite);
}
