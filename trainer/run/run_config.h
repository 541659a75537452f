/* What determines a run's result, and its form in run.json. Two runs with equal configurations
 * are the same run: what only changes how long it takes (threads) is not in here. */
#ifndef TRAINER_RUN_CONFIG_H
#define TRAINER_RUN_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine.h"
#include "must_check.h"

enum { RUN_CONFIG_NAME_BYTES = ENGINE_ARITHMETIC_BYTES, RUN_CONFIG_MAX_EPOCHS = 1000000 };

typedef struct run_config {
    uint32_t batch_size;  /* 1 .. training_samples */
    uint32_t micro_batch; /* samples worked on at once, below batch_size; 0 for all of them */
    uint32_t epochs;      /* 1 .. RUN_CONFIG_MAX_EPOCHS */
    uint64_t seed;        /* at most INT64_MAX, the largest whole number of run.json */
    double learning_rate; /* positive */
    uint32_t log_every;   /* the epoch's means so far every so many steps; 0 for never */
    bool histograms;      /* of weights and gradients, logged after each epoch */
    bool noise_scale;     /* the gradient noise scale, likewise */
    char engine[RUN_CONFIG_NAME_BYTES];     /* an engine's name, never "auto" */
    char arithmetic[RUN_CONFIG_NAME_BYTES]; /* engine_plan.arithmetic */
    engine_precision precision;             /* the one used, never the default */
    uint32_t training_samples;
    uint32_t validation_samples;
    uint32_t data_crc32; /* dataset.crc32 */
} run_config;

/* The engine's settings for a run. `threads` and `isa` are as in engine_config; `isa` is only a
 * wish, and what came of it is in `arithmetic`. */
engine_config run_config_settings(const run_config *config, uint32_t threads, const char *isa);

/* Steps of an epoch: batch_size times this covers the training set. */
uint32_t run_config_steps_per_epoch(const run_config *config);

/* Samples that the first `steps` steps of the run train on. An epoch's last batch may be short. */
uint64_t run_config_samples_seen(const run_config *config, uint64_t steps);

enum { RUN_CONFIG_STEP_BYTES = 56 };

/* "step 412 of epoch 3": where `step` is, which counts over the run from 1. */
void run_config_format_step(char out[RUN_CONFIG_STEP_BYTES], const run_config *config,
                            uint64_t step);

/* A new object, or NULL without memory. Keys: the names above; data_crc32 as 8 hex digits. */
json_t *run_config_to_json(const run_config *config);

/* 0, or -1 with a message [MESSAGE_BYTES] that names the key that is missing or out of range. A
 * missing micro_batch is 0, and missing histograms and noise_scale are none: runs of earlier
 * versions lack them. */
MUST_CHECK int run_config_from_json(run_config *out, const json_t *object, char *message);

/* Where two configurations differ, as text such as "epochs 15 instead of 3", into
 * text[text_bytes] ("" where they are equal); returns the number of differences. */
unsigned run_config_difference(const run_config *there, const run_config *here, char *text,
                               size_t text_bytes);

#endif
