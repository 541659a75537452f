#include "cuda_engine_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "check_main.h"
#include "cuda_host.h"

engine_data training;
engine_data validation;

static void set_up(void)
{
    cuda_host_reset();
    unsetenv("LENET_DENSE1");
    /* AddressSanitizer sees an access beyond an allocation, not one beyond a part of it. */
    setenv("LENET_DEVICE_MEMORY", SANITIZED ? "parts" : "whole", 1);
    training = sample_data(TRAINING, 1);
    validation = sample_data(VALIDATION, 2);
}

static void tear_down(void)
{
    unsetenv("LENET_DENSE1");
    sample_data_free(&training);
    sample_data_free(&validation);
    ck_assert_uint_eq(cuda_host_memory_used(), 0);
}

TCase *cuda_engine_case(const char *name)
{
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, set_up, tear_down);
    return c;
}

int run_cuda_engine_case(TCase *c)
{
    Suite *suite = suite_create("the CUDA engine on the harness");
    suite_add_tcase(suite, c);
    return run_suite_without_forks(suite);
}

engine_config small_config(void)
{
    engine_config config = engine_config_defaults();
    config.batch_size = BATCH;
    config.seed = 5;
    config.threads = 1;
    return config;
}

engine *make_engine(const engine_api *api, const engine_config *config)
{
    char message[256] = "";
    engine *e = NULL;
    const engine_status status =
        api->create(&e, config, &training, &validation, message, sizeof message);
    ck_assert_msg(status == ENGINE_OK, "%s", message);
    return e;
}

void train_steps(const engine_api *api, engine *e, uint32_t steps, engine_step *out)
{
    size_t count = 0;
    ck_assert_int_eq(api->train(e, steps, NULL), ENGINE_OK);
    ck_assert_int_eq(api->poll(e, out, steps, &count, true), ENGINE_OK);
    ck_assert_uint_eq(count, steps);
}

void read_tensors(const engine_api *api, engine *e, const char *prefix, float *out)
{
    for (size_t t = 0; t < LENET_TENSORS; t++) {
        const lenet_tensor *tensor = &lenet_tensors[t];
        char name[64];
        size_t count;
        snprintf(name, sizeof name, "%s%s", prefix, tensor->name);
        ck_assert_int_eq(api->read_tensor(e, name, out + tensor->offset, tensor->count, &count),
                         ENGINE_OK);
        ck_assert_uint_eq(count, tensor->count);
    }
}

void run_steps(const engine_api *api, const engine_config *config, uint32_t steps, engine_step *out,
               float *parameters)
{
    engine *e = make_engine(api, config);
    train_steps(api, e, steps, out);
    read_tensors(api, e, "", parameters);
    api->destroy(e);
}

void expect_close_steps(const engine_step *a, const engine_step *b, uint32_t count,
                        double tolerance)
{
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_uint_eq(a[i].step, b[i].step);
        ck_assert_uint_eq(a[i].samples, b[i].samples);
        ck_assert(fabs(a[i].loss_sum - b[i].loss_sum) <= tolerance * b[i].loss_sum);
    }
}
