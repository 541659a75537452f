/* A run's configuration as JSON, as in run.json and in a model's file. */
#ifndef TRAINER_RUN_CONFIG_JSON_H
#define TRAINER_RUN_CONFIG_JSON_H

#include <jansson.h>

#include "must_check.h"
#include "run_config.h"

/* A new object, or NULL without memory. Keys: the names in run_config; data_crc32 as 8 hexadecimal
 * digits. */
json_t *run_config_to_json(const run_config *config);

/* 0, or -1 with a message [MESSAGE_BYTES] that names the key that is missing or out of range. If
 * micro_batch, histograms or noise_scale are missing, as in runs of earlier versions, they are 0
 * and false. */
MUST_CHECK int run_config_from_json(run_config *out, const json_t *object, char *message);

#endif
