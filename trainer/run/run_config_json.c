#include "run_config_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

json_t *run_config_to_json(const run_config *config)
{
    char crc32[9];
    snprintf(crc32, sizeof crc32, "%08" PRIx32, config->data_crc32);
    return json_pack("{s:I, s:I, s:I, s:I, s:f, s:I, s:b, s:b, s:s, s:s, s:s, s:I, s:I, s:s}", //
                     "batch_size", (json_int_t)config->batch_size,                             //
                     "micro_batch", (json_int_t)config->micro_batch,                           //
                     "epochs", (json_int_t)config->epochs,                                     //
                     "seed", (json_int_t)config->seed,                                         //
                     "learning_rate", config->learning_rate,                                   //
                     "log_every", (json_int_t)config->log_every,                               //
                     "histograms", (int)config->histograms,                                    //
                     "noise_scale", (int)config->noise_scale,                                  //
                     "engine", config->engine,                                                 //
                     "arithmetic", config->arithmetic,                                         //
                     "precision", engine_precision_name(config->precision),                    //
                     "training_samples", (json_int_t)config->training_samples,                 //
                     "validation_samples", (json_int_t)config->validation_samples,             //
                     "data_crc32", crc32);
}

static int read_whole(const json_t *object, const char *key, int64_t minimum, int64_t maximum,
                      int64_t *out, char *message)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < minimum ||
        json_integer_value(value) > maximum) {
        return message_set(message, "%s is not a whole number from %" PRId64 " to %" PRId64, key,
                           minimum, maximum);
    }
    *out = json_integer_value(value);
    return 0;
}

static int read_name(const json_t *object, const char *key, char out[RUN_CONFIG_NAME_BYTES],
                     char *message)
{
    const char *value = json_string_value(json_object_get(object, key));
    if (value == NULL || strlen(value) >= RUN_CONFIG_NAME_BYTES) {
        return message_set(message, "%s is not a short text", key);
    }
    snprintf(out, RUN_CONFIG_NAME_BYTES, "%s", value);
    return 0;
}

/* False if there is no such key. */
static int read_flag(const json_t *object, const char *key, bool *out, char *message)
{
    const json_t *value = json_object_get(object, key);
    if (value != NULL && !json_is_boolean(value)) {
        return message_set(message, "%s is not true or false", key);
    }
    *out = json_is_true(value);
    return 0;
}

static int read_precision(const json_t *object, engine_precision *out, char *message)
{
    char name[RUN_CONFIG_NAME_BYTES];
    if (read_name(object, "precision", name, message) != 0) {
        return -1;
    }
    if (engine_precision_find(name, out)) {
        return 0;
    }
    return message_set(message, "precision \"%s\" is unknown", name);
}

int run_config_from_json(run_config *out, const json_t *object, char *message)
{
    int64_t batch_size = 0, epochs = 0, seed = 0, log_every = 0, training = 0, validation = 0;
    int64_t micro_batch = 0;
    char crc32[RUN_CONFIG_NAME_BYTES];
    run_config config = {0};
    if (read_whole(object, "training_samples", 1, UINT32_MAX, &training, message) != 0 ||
        read_whole(object, "validation_samples", 1, UINT32_MAX, &validation, message) != 0 ||
        read_whole(object, "batch_size", 1, training, &batch_size, message) != 0 ||
        (json_object_get(object, "micro_batch") != NULL &&
         read_whole(object, "micro_batch", 0, batch_size - 1, &micro_batch, message) != 0) ||
        read_whole(object, "epochs", 1, RUN_CONFIG_MAX_EPOCHS, &epochs, message) != 0 ||
        read_whole(object, "seed", 0, INT64_MAX, &seed, message) != 0 ||
        read_whole(object, "log_every", 0, UINT32_MAX, &log_every, message) != 0 ||
        read_name(object, "engine", config.engine, message) != 0 ||
        read_name(object, "arithmetic", config.arithmetic, message) != 0 ||
        read_precision(object, &config.precision, message) != 0 ||
        read_name(object, "data_crc32", crc32, message) != 0 ||
        read_flag(object, "histograms", &config.histograms, message) != 0 ||
        read_flag(object, "noise_scale", &config.noise_scale, message) != 0) {
        return -1;
    }
    config.learning_rate = json_number_value(json_object_get(object, "learning_rate"));
    if (!(config.learning_rate > 0) || !isfinite(config.learning_rate)) {
        return message_set(message, "learning_rate is not a positive number");
    }
    if (strlen(crc32) != 8 || strspn(crc32, "0123456789abcdef") != 8) {
        return message_set(message, "data_crc32 is not 8 hexadecimal digits");
    }
    config.batch_size = (uint32_t)batch_size;
    config.micro_batch = (uint32_t)micro_batch;
    config.epochs = (uint32_t)epochs;
    config.seed = (uint64_t)seed;
    config.log_every = (uint32_t)log_every;
    config.training_samples = (uint32_t)training;
    config.validation_samples = (uint32_t)validation;
    config.data_crc32 = (uint32_t)strtoul(crc32, NULL, 16);
    *out = config;
    return 0;
}
