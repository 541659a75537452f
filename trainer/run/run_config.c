#include "run_config.h"

#include <inttypes.h>
#include <stdio.h>

uint32_t run_config_steps_per_epoch(const run_config *config)
{
    return engine_steps_per_epoch(config->training_samples, config->batch_size);
}

uint64_t run_config_samples_seen(const run_config *config, uint64_t steps)
{
    const uint64_t steps_per_epoch = run_config_steps_per_epoch(config);
    return steps / steps_per_epoch * config->training_samples +
           steps % steps_per_epoch * config->batch_size;
}

void run_config_format_step(char out[RUN_CONFIG_STEP_BYTES], const run_config *config,
                            uint64_t step)
{
    const uint64_t steps = run_config_steps_per_epoch(config);
    snprintf(out, RUN_CONFIG_STEP_BYTES, "step %" PRIu64 " of epoch %" PRIu64,
             (step - 1) % steps + 1, (step - 1) / steps + 1);
}

engine_config run_config_settings(const run_config *config, uint32_t threads, const char *isa)
{
    engine_config settings = engine_config_defaults();
    settings.batch_size = config->batch_size;
    settings.micro_batch = config->micro_batch;
    settings.seed = config->seed;
    settings.precision = config->precision;
    settings.learning_rate = config->learning_rate;
    settings.threads = threads;
    settings.isa = isa;
    return settings;
}
