/* The CUDA engine's host side, on the harness that runs its kernels on the host: its plans,
 * allocations and launches, and its message when any call fails. check_cuda_runs.c and its
 * neighbours test what it computes, check_engine.c what every engine promises. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_engine_fixture.h"
#include "cuda_host.h"

static const engine_api *const api = &engine_cuda;

static engine_plan plan_of(const engine_config *config)
{
    engine_plan plan;
    char message[256] = "";
    const engine_status status =
        api->plan(config, TRAINING, VALIDATION, &plan, message, sizeof message);
    ck_assert_msg(status == ENGINE_OK, "%s", message);
    return plan;
}

static const char *const dense1_choices[] = {"own", "cublas"};

START_TEST(a_step_is_at_most_12_launches)
{
    engine_config config = small_config();
    engine_step steps[1];
    config.batch_size = 1;
    setenv("LENET_DENSE1", dense1_choices[_i], 1);
    engine *e = make_engine(api, &config);
    const uint64_t before = cuda_host_launches();
    train_steps(api, e, 1, steps);
    ck_assert_uint_gt(cuda_host_launches() - before, 0);
    ck_assert_uint_le(cuda_host_launches() - before, 12);
    api->destroy(e);
}
END_TEST

/* The number of calls in a run of one step, with the capture of the step. */
static uint64_t calls_of_run(float *parameters)
{
    const engine_config config = small_config();
    engine_step step;
    const uint64_t before = cuda_host_calls();
    run_steps(api, &config, 1, &step, parameters);
    return cuda_host_calls() - before;
}

START_TEST(the_environment_can_leave_the_second_fork_out)
{
    static float with[LENET_PARAMETERS];
    static float without[LENET_PARAMETERS];
    enum { CALLS = 2 /* per fork: recording the event, waiting for it */ };
    const uint64_t calls = calls_of_run(with);
    setenv("LENET_FORK", "0", 1);
    const uint64_t fewer = calls_of_run(without);
    unsetenv("LENET_FORK");
    ck_assert_uint_eq(calls - fewer, CALLS * (1 + CUDA_GRAPH_STEPS));
    ck_assert_mem_eq(with, without, sizeof with);
}
END_TEST

/* Each epoch has its own order. With late streams nothing is computed before someone waits for
 * it. */
START_TEST(no_replay_goes_beyond_an_epoch)
{
    enum { CALLS = 2 /* per train, for any number of steps: the device, the mark */ };
    engine_config config = small_config();
    config.batch_size = 1;
    engine *e = make_engine(api, &config);
    cuda_host_set_late(true);
    ck_assert_int_eq(api->train(e, TRAINING, NULL), ENGINE_OK); /* its order already existed */
    uint64_t before = cuda_host_calls();
    ck_assert_int_eq(api->train(e, TRAINING, NULL), ENGINE_OK);
    const uint64_t epoch = cuda_host_calls() - before - CALLS;
    before = cuda_host_calls();
    ck_assert_int_eq(api->train(e, CUDA_GRAPH_STEPS, NULL), ENGINE_OK);
    ck_assert_uint_eq(cuda_host_calls() - before, CUDA_GRAPH_STEPS / TRAINING * epoch + CALLS);
    cuda_host_reset(); /* what is queued is forgotten */
    api->destroy(e);
}
END_TEST

/* The ring has entries of steps that come after the imported state. */
START_TEST(steps_behind_an_imported_state_are_waited_for_anew)
{
    engine_config config = small_config();
    engine_step steps[2];
    size_t count = 1;
    engine *e = make_engine(api, &config);
    const size_t bytes = api->state_bytes(e);
    void *state = malloc(bytes);
    ck_assert_int_eq(api->export_state(e, state, bytes), ENGINE_OK);
    train_steps(api, e, 2, steps);
    ck_assert_int_eq(api->import_state(e, state, bytes), ENGINE_OK);
    cuda_host_set_late(true);
    ck_assert_int_eq(api->train(e, 1, NULL), ENGINE_OK);
    ck_assert_int_eq(api->poll(e, steps, 2, &count, false), ENGINE_OK);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(api->poll(e, steps, 2, &count, true), ENGINE_OK);
    ck_assert_uint_eq(count, 1);
    free(state);
    api->destroy(e);
}
END_TEST

START_TEST(activations_at_hand_are_those_of_the_last_micro_batch_with_samples)
{
    static float logits[BATCH * LENET_CLASSES];
    engine_config config = small_config();
    engine_step steps[1];
    size_t count;
    config.micro_batch = BATCH - 1;
    engine *e = make_engine(api, &config);
    train_steps(api, e, 1, steps);
    ck_assert_int_eq(
        api->read_tensor(e, "activation/logits", logits, BATCH * LENET_CLASSES, &count), ENGINE_OK);
    ck_assert_uint_eq(count, LENET_CLASSES);
    api->destroy(e);
}
END_TEST

START_TEST(what_is_planned_is_what_is_taken)
{
    static const uint32_t micro_batches[] = {0, 1, 2};
    for (size_t i = 0; i < sizeof micro_batches / sizeof *micro_batches; i++) {
        engine_config config = small_config();
        config.micro_batch = micro_batches[i];
        setenv("LENET_DENSE1", dense1_choices[_i], 1);
        const engine_plan plan = plan_of(&config);
        ck_assert_uint_eq(cuda_host_memory_used(), 0);
        engine *e = make_engine(api, &config);
        ck_assert_uint_eq(cuda_host_memory_used(), plan.memory.total);
        ck_assert_uint_eq(api->planned(e)->memory.total, plan.memory.total);
        api->destroy(e);
        ck_assert_uint_eq(cuda_host_memory_used(), 0);
    }
}
END_TEST

START_TEST(a_plan_for_no_device_asks_none_and_is_that_of_a_device)
{
    engine_config config = small_config();
    engine_plan here;
    engine_plan elsewhere;
    engine *e = NULL;
    char message[256] = "";
    setenv("LENET_DENSE1", dense1_choices[_i], 1);
    here = plan_of(&config);
    config.device = ENGINE_NO_DEVICE;
    cuda_host_fail_call(1, cudaErrorNoDevice);
    elsewhere = plan_of(&config);
    cuda_host_fail_call(0, cudaSuccess);
    ck_assert_mem_eq(&here.memory, &elsewhere.memory, sizeof here.memory);
    ck_assert_int_eq(here.precision, elsewhere.precision);
    ck_assert_uint_eq(elsewhere.reserve, here.reserve + CUDA_CONTEXT_BYTES);
    ck_assert_uint_eq(elsewhere.available, UINT64_MAX);
    ck_assert_int_eq(api->create(&e, &config, &training, &validation, message, sizeof message),
                     ENGINE_UNAVAILABLE);
    ck_assert_ptr_null(e);
}
END_TEST

START_TEST(memory_in_one_piece_and_in_parts_is_as_much)
{
    const engine_config config = small_config();
    size_t used[2];
    for (int i = 0; i < 2; i++) {
        setenv("LENET_DEVICE_MEMORY", i == 0 ? "whole" : "parts", 1);
        engine *e = make_engine(api, &config);
        used[i] = cuda_host_memory_used();
        api->destroy(e);
        ck_assert_uint_eq(cuda_host_memory_used(), 0);
    }
    ck_assert_uint_eq(used[0], used[1]);
}
END_TEST

/* Only a backward pass reads the argmaxes. */
START_TEST(evaluation_has_no_argmaxes)
{
    const engine_config config = small_config();
    engine *e = make_engine(api, &config);
    ck_assert_ptr_nonnull(e->memory.training.argmax);
    ck_assert_ptr_null(e->memory.evaluation.argmax);
    api->destroy(e);
}
END_TEST

START_TEST(training_and_evaluation_take_no_memory)
{
    engine_config config = small_config();
    engine_step steps[1];
    engine_result result;
    config.batch_size = 1;
    engine *e = make_engine(api, &config);
    const size_t used = cuda_host_memory_used();
    cuda_host_set_memory(used); /* nothing is left */
    train_steps(api, e, 1, steps);
    ck_assert_int_eq(api->evaluate(e, ENGINE_VALIDATION, &result, NULL), ENGINE_OK);
    ck_assert_uint_eq(cuda_host_memory_used(), used);
    api->destroy(e);
}
END_TEST

/* Gives the device exactly the memory that `config` needs, or `less` bytes less. */
static void limit_memory(const engine_config *config, size_t less)
{
    const engine_plan plan = plan_of(config);
    cuda_host_set_memory((size_t)(plan.memory.total + plan.reserve) - less);
}

static engine_status try(const engine_config *config, char *message, size_t bytes)
{
    engine *e = NULL;
    const engine_status status = api->create(&e, config, &training, &validation, message, bytes);
    ck_assert_int_eq(e == NULL, status != ENGINE_OK);
    api->destroy(e);
    ck_assert_uint_eq(cuda_host_memory_used(), 0);
    return status;
}

START_TEST(what_does_not_fit_is_refused_with_what_would)
{
    char message[256] = "";
    engine_config smaller = small_config();
    engine_config config = small_config();
    config.batch_size = TRAINING;
    smaller.batch_size = 2;
    limit_memory(&config, 0);
    ck_assert_int_eq(try(&config, message, sizeof message), ENGINE_OK);
    limit_memory(&config, 1);
    ck_assert_int_eq(try(&config, message, sizeof message), ENGINE_NO_MEMORY);

    limit_memory(&smaller, 0);
    ck_assert_int_eq(try(&config, message, sizeof message), ENGINE_NO_MEMORY);
    ck_assert_msg(strstr(message, "batch size 4 takes ") != NULL, "%s", message);
    ck_assert_msg(strstr(message, " MiB are free") != NULL, "%s", message);
    ck_assert_msg(strstr(message, "that fits is 2") != NULL, "%s", message);
    config.micro_batch = 3;
    ck_assert_int_eq(try(&config, message, sizeof message), ENGINE_NO_MEMORY);
    ck_assert_msg(strstr(message, "micro-batch 3 takes ") != NULL, "%s", message);
    config.micro_batch = 2;
    ck_assert_int_eq(try(&config, message, sizeof message), ENGINE_OK);

    smaller.batch_size = 1;
    limit_memory(&smaller, 1);
    ck_assert_int_eq(try(&config, message, sizeof message), ENGINE_NO_MEMORY);
    ck_assert_msg(strstr(message, "not even a micro-batch of 1 fits") != NULL, "%s", message);
}
END_TEST

/* Checks the message of a call that failed with `name`. */
static void expect_cause(const char *message, const char *name)
{
    ck_assert_msg(strstr(message, name) != NULL || strstr(message, "CUBLAS_STATUS_") != NULL,
                  "'%s' does not name %s", message, name);
    ck_assert_msg(strstr(message, "cu") != NULL && strchr(message, '\n') == NULL, "%s", message);
}

/* Fails each call of create up to the end of the first capture; the second capture only repeats it.
 * With a sanitizer create is slow, so only some calls fail. Returns the distance to the next
 * call. */
static uint64_t calls_to_fail(uint64_t call, uint64_t all)
{
    enum { EACH = 160, STRIDE = 61, LAST = 12 };
    if (SANITIZED) {
        return call < EACH / 4 ? 5 : STRIDE / 2;
    }
    return call < EACH || call + LAST >= all ? 1 : STRIDE;
}

START_TEST(any_call_of_create_may_fail)
{
    static const struct {
        cudaError_t error;
        const char *name;
    } errors[] = {{cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation"},
                  {cudaErrorLaunchFailure, "cudaErrorLaunchFailure"}};
    const engine_config config = small_config();
    char message[256];
    setenv("LENET_DENSE1", "cublas", 1);
    const uint64_t before = cuda_host_calls();
    engine *e = make_engine(api, &config);
    const uint64_t calls = cuda_host_calls() - before;
    api->destroy(e);
    ck_assert_uint_gt(calls, 160);
    for (uint64_t call = 1; call <= calls; call += calls_to_fail(call, calls)) {
        const engine_status expected = _i == 0 ? ENGINE_NO_MEMORY : ENGINE_FAILED;
        cuda_host_fail_call(call, errors[_i].error);
        const engine_status status = try(&config, message, sizeof message);
        cuda_host_reset(); /* the device works again */
        /* If counting devices fails, the engine cannot know whether there is one. cuBLAS turns an
         * error into a status of its own. */
        ck_assert_msg(status == expected || (call == 1 && status == ENGINE_UNUSABLE) ||
                          (status == ENGINE_FAILED && strstr(message, "CUBLAS") != NULL),
                      "call %u: %s", (unsigned)call, message);
        expect_cause(message, errors[_i].name);
    }
}
END_TEST

static engine_status use_steps(engine *e)
{
    engine_step step;
    size_t count = 0;
    const engine_status status = api->train(e, 1, NULL);
    return status == ENGINE_OK ? api->poll(e, &step, 1, &count, true) : status;
}

static engine_status use_evaluation(engine *e)
{
    engine_result result;
    uint8_t classes[VALIDATION];
    return api->evaluate(e, ENGINE_VALIDATION, &result, classes);
}

static engine_status use_prediction(engine *e)
{
    float probabilities[LENET_CLASSES];
    return api->predict(e, validation.images, 1, probabilities);
}

static engine_status use_tensor(engine *e)
{
    float bias[LENET_CLASSES];
    size_t count;
    return api->read_tensor(e, "dense2/bias", bias, LENET_CLASSES, &count);
}

static engine_status use_parameters(engine *e)
{
    static float parameters[LENET_PARAMETERS];
    return api->set_parameters(e, parameters);
}

static engine_status use_histogram(engine *e)
{
    engine_histogram histogram;
    return api->read_histogram(e, "dense2/bias", &histogram);
}

static engine_status use_state(engine *e)
{
    const size_t bytes = api->state_bytes(e);
    unsigned char *state = malloc(bytes);
    engine_status status = api->export_state(e, state, bytes);
    if (status == ENGINE_OK) {
        status = api->import_state(e, state, bytes);
    }
    free(state);
    return status;
}

static engine_status use_gradient(engine *e)
{
    static float gradient[LENET_PARAMETERS];
    return api->gradient(e, 1, 1, gradient);
}

static engine_status (*const uses[])(engine *) = {
    use_steps,     use_evaluation, use_prediction, use_tensor,
    use_histogram, use_parameters, use_state,      use_gradient,
};

enum { USES = sizeof uses / sizeof *uses };

static void expect_dead(engine *e)
{
    char message[256];
    float value;
    size_t count;
    engine_step step;
    engine_result result;
    snprintf(message, sizeof message, "%s", api->message(e));
    ck_assert_int_eq(api->train(e, 1, NULL), ENGINE_FAILED);
    ck_assert_int_eq(api->poll(e, &step, 1, &count, false), ENGINE_FAILED);
    ck_assert_int_eq(api->evaluate(e, ENGINE_VALIDATION, &result, NULL), ENGINE_FAILED);
    ck_assert_int_eq(api->read_tensor(e, "nothing", &value, 1, &count), ENGINE_FAILED);
    ck_assert_int_eq(api->export_state(e, &value, 1), ENGINE_FAILED);
    ck_assert_str_eq(api->message(e), message);
}

START_TEST(any_call_of_a_run_may_fail)
{
    engine_config config = small_config();
    config.batch_size = 1;
    engine *e = make_engine(api, &config);
    const uint64_t before = cuda_host_calls();
    ck_assert_int_eq(uses[_i](e), ENGINE_OK);
    const uint64_t calls = cuda_host_calls() - before;
    api->destroy(e);
    ck_assert_uint_ge(calls, 3);
    for (uint64_t call = 1; call <= calls; call++) {
        e = make_engine(api, &config);
        cuda_host_fail_call(call, cudaErrorIllegalAddress);
        ck_assert_msg(uses[_i](e) == ENGINE_FAILED, "call %u is not checked", (unsigned)call);
        expect_cause(api->message(e), "cudaErrorIllegalAddress");
        ck_assert_msg(strstr(api->message(e), " step") != NULL, "%s", api->message(e));
        expect_dead(e);
        api->destroy(e);
        ck_assert_uint_eq(cuda_host_memory_used(), 0);
        cuda_host_reset(); /* the device is well again */
    }
}
END_TEST

START_TEST(steps_done_before_the_device_is_lost_are_handed_out)
{
    engine_config config = small_config();
    engine_step steps[4];
    size_t count = 0;
    config.batch_size = 1;
    engine *e = make_engine(api, &config);
    ck_assert_int_eq(api->train(e, 2, NULL), ENGINE_OK);
    cuda_host_fail_call(1, cudaErrorIllegalAddress);
    ck_assert_int_eq(api->poll(e, steps, 4, &count, _i == 1), ENGINE_FAILED);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(steps[1].step, 2);
    ck_assert(strstr(api->message(e), "after step 2") != NULL);
    ck_assert_int_eq(api->poll(e, steps, 4, &count, true), ENGINE_FAILED);
    ck_assert_uint_eq(count, 0);
    api->destroy(e);
}
END_TEST

START_TEST(a_failure_names_the_step_where_it_was_found)
{
    engine_config config = small_config();
    engine_step steps[2];
    config.batch_size = 1;
    engine *e = make_engine(api, &config);
    train_steps(api, e, 2, steps);
    cuda_host_fail_call(2, cudaErrorIllegalAddress); /* the replay, after cudaSetDevice */
    ck_assert_int_eq(api->train(e, 1, NULL), ENGINE_FAILED);
    ck_assert_str_eq(api->message(e), "cudaGraphLaunch failed at step 3: cudaErrorIllegalAddress "
                                      "(an illegal memory access was encountered)");
    api->destroy(e);
}
END_TEST

START_TEST(the_arithmetic_names_the_device_the_method_and_cublas_where_it_is_used)
{
    const engine_config config = small_config();
    setenv("LENET_DENSE1", "own", 1);
    engine_plan plan = plan_of(&config);
    ck_assert_str_eq(plan.arithmetic, "cuda sm_90, method 3");
    ck_assert_str_eq(plan.hardware, "host harness");
    setenv("LENET_DENSE1", "cublas", 1);
    plan = plan_of(&config);
    ck_assert_str_eq(plan.arithmetic, "cuda sm_90 x132, method 3, cublas 130000");
}
END_TEST

START_TEST(the_most_hardware_queues_are_asked_for_unless_the_user_has)
{
    const char *const variable = "CUDA_DEVICE_MAX_CONNECTIONS";
    char reason[256];
    unsetenv(variable);
    ck_assert(api->available(reason, sizeof reason));
    ck_assert_str_eq(getenv(variable), "32");
    setenv(variable, "4", 1);
    ck_assert(api->available(reason, sizeof reason));
    ck_assert_str_eq(getenv(variable), "4");
    unsetenv(variable);
}
END_TEST

/* Plans without a device: three runs of MNIST at batch size 64, side by side, in each precision. Of
 * 8 GB, programs cannot use all, and a screen takes a part. */
START_TEST(mnist_fits_a_card_of_8_gb)
{
    const uint64_t free_bytes = UINT64_C(7) << 30;
    engine_config config = small_config();
    engine_plan plan;
    char message[256];
    config.batch_size = 64;
    config.device = ENGINE_NO_DEVICE;
    config.precision = (engine_precision[]){ENGINE_FP32, ENGINE_TF32, ENGINE_BF16}[_i];
    ck_assert_int_eq(api->plan(&config, 60000, 10000, &plan, message, sizeof message), ENGINE_OK);
    ck_assert_uint_le(3 * plan.memory.total + plan.reserve, free_bytes);
}
END_TEST

/* The kernels of all precisions are always prepared. */
START_TEST(kernels_need_no_more_than_the_99_kib_of_shared_memory_of_a_small_card)
{
    const engine_config config = small_config();
    char message[256] = "";
    cuda_host_set_shared_memory(48 << 10);
    ck_assert_int_eq(try(&config, message, sizeof message), ENGINE_FAILED);
    expect_cause(message, "cudaErrorInvalidValue");
    cuda_host_set_shared_memory(99 << 10);
    ck_assert_int_eq(try(&config, message, sizeof message), ENGINE_OK);
}
END_TEST

START_TEST(every_kernel_is_loaded_before_its_first_launch)
{
    const engine_config config = small_config();
    engine_step step;
    engine_result result;
    engine_histogram histogram;
    float *gradient = malloc(LENET_PARAMETERS * sizeof *gradient);
    ck_assert_ptr_nonnull(gradient);
    engine *e = make_engine(api, &config);
    train_steps(api, e, 1, &step);
    ck_assert_int_eq(api->evaluate(e, ENGINE_VALIDATION, &result, NULL), ENGINE_OK);
    ck_assert_int_eq(api->read_histogram(e, "activation/conv1", &histogram), ENGINE_OK);
    ck_assert_int_eq(api->read_histogram(e, "gradient/dense1/kernel", &histogram), ENGINE_OK);
    ck_assert_int_eq(api->gradient(e, 0, 1, gradient), ENGINE_OK);
    ck_assert_ptr_null(cuda_host_unloaded());
    api->destroy(e);
    free(gradient);
}
END_TEST

/* CUB's kernels have no names by which they could be loaded. */
START_TEST(the_first_order_is_drawn_before_any_step)
{
    const engine_config config = small_config();
    engine *e = make_engine(api, &config);
    ck_assert_uint_eq(e->order_epoch, 0);
    api->destroy(e);
}
END_TEST

START_TEST(a_device_that_is_not_there_is_unavailable)
{
    engine_config config = small_config();
    char message[256] = "";
    config.device = 1;
    ck_assert_int_eq(try(&config, message, sizeof message), ENGINE_UNAVAILABLE);
    ck_assert_str_eq(message, "there is no CUDA device 1: this machine has 1");
    cuda_host_fail_call(1, cudaErrorInsufficientDriver);
    ck_assert(!api->available(message, sizeof message));
    ck_assert_str_eq(message, "the NVIDIA driver is older than CUDA 13.0 needs");
    cuda_host_set_driver(0);
    cuda_host_fail_call(1, cudaErrorInsufficientDriver);
    ck_assert(!api->available(message, sizeof message));
    ck_assert_str_eq(message, "the NVIDIA driver that CUDA 13.0 needs is missing");
    cuda_host_fail_call(1, cudaErrorNoDevice);
    ck_assert(!api->available(message, sizeof message));
    expect_cause(message, "cudaErrorNoDevice");
    ck_assert(api->available(message, sizeof message));
}
END_TEST

int main(void)
{
    TCase *c = cuda_engine_case("host side");
    tcase_add_loop_test(c, a_step_is_at_most_12_launches, 0, 2);
    tcase_add_test(c, the_environment_can_leave_the_second_fork_out);
    tcase_add_test(c, no_replay_goes_beyond_an_epoch);
    tcase_add_test(c, steps_behind_an_imported_state_are_waited_for_anew);
    tcase_add_test(c, activations_at_hand_are_those_of_the_last_micro_batch_with_samples);
    tcase_add_loop_test(c, what_is_planned_is_what_is_taken, 0, 2);
    tcase_add_loop_test(c, a_plan_for_no_device_asks_none_and_is_that_of_a_device, 0, 2);
    tcase_add_test(c, memory_in_one_piece_and_in_parts_is_as_much);
    tcase_add_test(c, evaluation_has_no_argmaxes);
    tcase_add_test(c, training_and_evaluation_take_no_memory);
    tcase_add_test(c, what_does_not_fit_is_refused_with_what_would);
    tcase_add_loop_test(c, any_call_of_create_may_fail, 0, 2);
    tcase_add_loop_test(c, any_call_of_a_run_may_fail, 0, USES);
    tcase_add_loop_test(c, steps_done_before_the_device_is_lost_are_handed_out, 0, 2);
    tcase_add_test(c, a_failure_names_the_step_where_it_was_found);
    tcase_add_test(c, the_arithmetic_names_the_device_the_method_and_cublas_where_it_is_used);
    tcase_add_test(c, the_most_hardware_queues_are_asked_for_unless_the_user_has);
    tcase_add_loop_test(c, mnist_fits_a_card_of_8_gb, 0, 3);
    tcase_add_test(c, kernels_need_no_more_than_the_99_kib_of_shared_memory_of_a_small_card);
    tcase_add_test(c, every_kernel_is_loaded_before_its_first_launch);
    tcase_add_test(c, the_first_order_is_drawn_before_any_step);
    tcase_add_test(c, a_device_that_is_not_there_is_unavailable);
    return run_cuda_engine_case(c);
}
