#include "cuda_plan.h"

#include <stdio.h>

/* How many runs at the same time use a device best: as many as fit into its memory, since a small
 * batch does not fill the device. This limit bounds the threads and streams of the process. Not
 * measured on any device yet. */
enum { SIDE_BY_SIDE = 64 };

/* This should be the fastest precision that reaches fp32's final accuracy. No device has been
 * measured yet, so it is fp32. */
static const engine_precision default_precision = ENGINE_FP32;

static engine_precision chosen_precision(const engine_config *config)
{
    return config->precision == ENGINE_DEFAULT_PRECISION ? default_precision : config->precision;
}

static engine_status check(const engine_config *config, uint32_t training_count, char *message,
                           size_t message_bytes)
{
    const engine_status status =
        engine_config_check(config, training_count, message, message_bytes);
    if (status != ENGINE_OK) {
        return status;
    }
    const engine_precision precision = chosen_precision(config);
    if (precision != ENGINE_FP32 && precision != ENGINE_TF32 && precision != ENGINE_BF16) {
        snprintf(message, message_bytes, "there is no precision %d", (int)precision);
        return ENGINE_INVALID;
    }
    if (engine_config_capacity(config) > CUDA_MAX_MICRO_BATCH) {
        snprintf(message, message_bytes,
                 "more than %d samples at a time are not possible: set a micro-batch",
                 CUDA_MAX_MICRO_BATCH);
        return ENGINE_INVALID;
    }
    return ENGINE_OK;
}

engine_status cuda_plan_run(const engine_config *config, uint32_t training_count,
                            uint32_t validation_count, cuda_memory *shape, engine_plan *out,
                            char *message, size_t message_bytes)
{
    const engine_status status = check(config, training_count, message, message_bytes);
    if (status != ENGINE_OK) {
        return status;
    }
    const engine_precision precision = chosen_precision(config);
    *shape = cuda_memory_shape(config, precision, training_count, validation_count);
    *out = (engine_plan){
        .available = UINT64_MAX,
        .reserve =
            CUDA_RESERVE_BYTES + (config->device == ENGINE_NO_DEVICE ? CUDA_CONTEXT_BYTES : 0),
        .precision = precision,
        .side_by_side = SIDE_BY_SIDE,
        .arithmetic = "cuda",
        .hardware = "a CUDA device, not asked",
    };
    cuda_memory_count(shape, &out->memory);
    return ENGINE_OK;
}
