/* What engines share: defaults, names, and the checks that hold for all of them. */
#include "engine.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

engine_config engine_config_defaults(void)
{
    const engine_config config = {
        .batch_size = 32,
        .runs_at_once = 1,
        .learning_rate = 1e-3,
        .beta_1 = 0.9,
        .beta_2 = 0.999,
        .epsilon = 1e-7,
    };
    return config;
}

const char *engine_status_string(engine_status status)
{
    switch (status) {
    case ENGINE_OK:
        return "done";
    case ENGINE_INVALID:
        return "invalid argument";
    case ENGINE_NO_MEMORY:
        return "not enough memory";
    case ENGINE_UNAVAILABLE:
        return "not available on this machine";
    case ENGINE_UNUSABLE:
        return "not usable on this machine";
    case ENGINE_FAILED:
        return "the device failed";
    }
    return "unknown status";
}

const char *engine_precision_name(engine_precision precision)
{
    switch (precision) {
    case ENGINE_DEFAULT_PRECISION:
        return "default";
    case ENGINE_FP32:
        return "fp32";
    case ENGINE_TF32:
        return "tf32";
    case ENGINE_BF16:
        return "bf16";
    }
    return "unknown precision";
}

bool engine_precision_find(const char *name, engine_precision *out)
{
    for (engine_precision p = ENGINE_FP32; p <= ENGINE_BF16; p++) {
        if (strcmp(name, engine_precision_name(p)) == 0) {
            *out = p;
            return true;
        }
    }
    return false;
}

engine_status engine_config_check(const engine_config *config, uint32_t training_count,
                                  char *message, size_t message_bytes)
{
    if (config->batch_size == 0 || config->batch_size > training_count) {
        snprintf(message, message_bytes, "batch size %u is not in 1 .. %u, the training samples",
                 (unsigned)config->batch_size, (unsigned)training_count);
        return ENGINE_INVALID;
    }
    if (config->micro_batch > config->batch_size) {
        snprintf(message, message_bytes, "micro-batch %u is not in 1 .. %u, the batch size",
                 (unsigned)config->micro_batch, (unsigned)config->batch_size);
        return ENGINE_INVALID;
    }
    if (config->runs_at_once == 0) {
        snprintf(message, message_bytes, "runs at once are 0, not at least 1");
        return ENGINE_INVALID;
    }
    if (!(config->learning_rate > 0) || !isfinite(config->learning_rate)) {
        snprintf(message, message_bytes, "learning rate %g is not a positive number",
                 config->learning_rate);
        return ENGINE_INVALID;
    }
    if (!(config->beta_1 >= 0 && config->beta_1 < 1) ||
        !(config->beta_2 >= 0 && config->beta_2 < 1) || !(config->epsilon > 0) ||
        !isfinite(config->epsilon)) {
        snprintf(message, message_bytes,
                 "Adam's beta 1 %g and beta 2 %g must be in [0, 1), its epsilon %g positive",
                 config->beta_1, config->beta_2, config->epsilon);
        return ENGINE_INVALID;
    }
    return ENGINE_OK;
}

engine_status engine_gradient_check(uint32_t first, uint32_t count, uint32_t training_count,
                                    char *message, size_t message_bytes)
{
    if (count > 0 && first < training_count && count <= training_count - first) {
        return ENGINE_OK;
    }
    snprintf(message, message_bytes, "there is no gradient of %u samples from %u on: there are %u",
             (unsigned)count, (unsigned)first, (unsigned)training_count);
    return ENGINE_INVALID;
}

uint32_t engine_steps_per_epoch(uint32_t training_count, uint32_t batch_size)
{
    return (uint32_t)(((uint64_t)training_count + batch_size - 1) / batch_size);
}

uint32_t engine_config_capacity(const engine_config *config)
{
    return config->micro_batch == 0 ? config->batch_size : config->micro_batch;
}
