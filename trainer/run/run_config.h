/* What determines a run's results: runs with equal configurations have the same results. Settings
 * that change only the time, such as threads, are not included. */
#ifndef TRAINER_RUN_CONFIG_H
#define TRAINER_RUN_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

enum { RUN_CONFIG_NAME_BYTES = ENGINE_ARITHMETIC_BYTES, RUN_CONFIG_MAX_EPOCHS = 1000000 };

typedef struct run_config {
    uint32_t batch_size;  /* 1 .. training_samples */
    uint32_t micro_batch; /* samples computed at a time, below batch_size; 0 for the whole batch */
    uint32_t epochs;      /* 1 .. RUN_CONFIG_MAX_EPOCHS */
    uint64_t seed;        /* at most INT64_MAX, the largest whole number of run.json */
    double learning_rate; /* positive */
    uint32_t log_every;   /* steps between two points of the epoch's means so far; 0 for none */
    bool histograms;      /* of weights and gradients, logged after each epoch */
    bool noise_scale;     /* the gradient noise scale, likewise */
    char engine[RUN_CONFIG_NAME_BYTES];     /* an engine's name, never "auto" */
    char arithmetic[RUN_CONFIG_NAME_BYTES]; /* engine_plan.arithmetic */
    engine_precision precision;             /* the one used, never the default */
    uint32_t training_samples;
    uint32_t validation_samples;
    uint32_t data_crc32; /* dataset.crc32 */
} run_config;

/* The engine's settings for a run. `threads` and `isa` are as in engine_config: `isa` is a request,
 * and `arithmetic` has the instruction set that is used. */
engine_config run_config_settings(const run_config *config, uint32_t threads, const char *isa);

/* Steps of an epoch: batch_size times this covers the training set. */
uint32_t run_config_steps_per_epoch(const run_config *config);

/* Samples that the first `steps` steps of the run train on. An epoch's last batch may be short. */
uint64_t run_config_samples_seen(const run_config *config, uint64_t steps);

enum { RUN_CONFIG_STEP_BYTES = 56 };

/* "step 412 of epoch 3", for a step that counts over the run from 1. */
void run_config_format_step(char out[RUN_CONFIG_STEP_BYTES], const run_config *config,
                            uint64_t step);

#endif
