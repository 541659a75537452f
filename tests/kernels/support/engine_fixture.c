#include "engine_fixture.h"

#include <check.h>
#include <stdlib.h>

#include "sample_data.h"

const uint32_t micro_batches[MICRO_BATCHES] = {0, BATCH - 1};
const engine_api *api;
engine_data training;
engine_data validation;

void make_data(void)
{
    training = sample_data(TRAINING, 1);
    validation = sample_data(VALIDATION, 2);
}

void free_data(void)
{
    sample_data_free(&training);
    sample_data_free(&validation);
}

engine_config small_config(void)
{
    engine_config config = engine_config_defaults();
    config.batch_size = BATCH;
    config.seed = 5;
    config.threads = 2;
    return config;
}

engine *make_engine_on(const engine_data *samples, const engine_config *config)
{
    char message[200] = "";
    engine *e = NULL;
    const engine_status status =
        api->create(&e, config, samples, &validation, message, sizeof message);
    ck_assert_msg(status == ENGINE_OK, "%s", message);
    ck_assert_ptr_nonnull(e);
    return e;
}

engine *make_engine(const engine_config *config)
{
    return make_engine_on(&training, config);
}

void train(engine *e, uint32_t steps, engine_step *out)
{
    size_t count = 0;
    ck_assert_int_eq(api->train(e, steps, NULL), ENGINE_OK);
    ck_assert_int_eq(api->poll(e, out, steps, &count, true), ENGINE_OK);
    ck_assert_uint_eq(count, steps);
}

unsigned char *state_after_on(const engine_data *samples, const engine_config *config,
                              uint32_t steps, size_t *bytes)
{
    engine_step metrics[BATCHES * EPOCHS];
    engine *e = make_engine_on(samples, config);
    train(e, steps, metrics);
    *bytes = api->state_bytes(e);
    unsigned char *state = malloc(*bytes);
    ck_assert_int_eq(api->export_state(e, state, *bytes), ENGINE_OK);
    api->destroy(e);
    return state;
}

unsigned char *state_after(const engine_config *config, uint32_t steps, size_t *bytes)
{
    return state_after_on(&training, config, steps, bytes);
}
