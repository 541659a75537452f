/* The CUDA engine of a build without CUDA: it can plan, and otherwise reports why it cannot run. */
#include <stdio.h>

#include "cuda_plan.h"
#include "engine_tables.h"

static bool absent_available(char *reason, size_t reason_bytes)
{
    snprintf(reason, reason_bytes,
             "this build has no CUDA engine; scripts/setup.sh --cuda and then scripts/run.sh build "
             "it, if CUDA 13's toolkit is installed");
    return false;
}

static engine_status absent_plan(const engine_config *config, uint32_t training_count,
                                 uint32_t validation_count, engine_plan *out, char *message,
                                 size_t message_bytes)
{
    cuda_memory shape;
    const engine_status status = cuda_plan_run(config, training_count, validation_count, &shape,
                                               out, message, message_bytes);
    if (status == ENGINE_OK && config->device != ENGINE_NO_DEVICE) {
        absent_available(message, message_bytes);
        return ENGINE_UNAVAILABLE;
    }
    return status;
}

static engine_status absent_create(engine **out, const engine_config *config,
                                   const engine_data *training, const engine_data *validation,
                                   char *message, size_t message_bytes)
{
    (void)config;
    (void)training;
    (void)validation;
    *out = NULL;
    absent_available(message, message_bytes);
    return ENGINE_UNAVAILABLE;
}

/* There is never a handle that the others could be called with. */
const engine_api engine_cuda = {
    .name = "cuda",
    .description = "an NVIDIA GPU; not in this build",
    .available = absent_available,
    .plan = absent_plan,
    .create = absent_create,
};
