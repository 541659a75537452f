#include "model_facts.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "number.h"
#include "run_config_json.h"

static const char program_name[] = "trainer ";

/* The figures of an epoch in the metadata. The seconds are not among them, since they differ from
 * run to run. */
enum { FIGURES = 4 };
static const char *const figure_keys[FIGURES] = {"loss", "accuracy", "val_loss", "val_accuracy"};

static json_t *configuration_text(const run_config *config)
{
    json_t *object = run_config_to_json(config);
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    json_t *fact = json_string(text);
    free(text);
    json_decref(object);
    return fact;
}

static int set_figures(json_t *facts, const epoch_figures *figures)
{
    const double values[FIGURES] = {figures->loss, figures->accuracy, figures->val_loss,
                                    figures->val_accuracy};
    int status = 0;
    for (size_t i = 0; status == 0 && i < FIGURES; i++) {
        if (isfinite(values[i])) {
            status = json_object_set_new(facts, figure_keys[i], json_sprintf("%.17g", values[i]));
        }
    }
    return status;
}

static int set_origin(json_t *facts, const model_origin *origin)
{
    json_t *run = json_pack("{s:o, s:o, s:o, s:o}",                                              //
                            "configuration", configuration_text(&origin->config),                //
                            "data_crc32", json_sprintf("%08" PRIx32, origin->config.data_crc32), //
                            "epoch", json_sprintf("%" PRIu32, origin->epochs),                   //
                            "iterations", json_sprintf("%" PRIu64, origin->iterations));
    const int status = json_object_update(facts, run);
    json_decref(run);
    return status != 0 ? -1 : set_figures(facts, &origin->figures);
}

json_t *model_facts(const model *self)
{
    json_t *facts = json_pack("{s:s, s:s, s:s}",                                  //
                              "program", "trainer " TRAINER_VERSION,              //
                              "input", "28x28, byte / 255, light digit on black", //
                              "classes", "0 1 2 3 4 5 6 7 8 9");
    if (self->has_origin && set_origin(facts, &self->origin) != 0) {
        json_decref(facts);
        return NULL;
    }
    return facts;
}

static int read_whole(const json_t *facts, const char *key, uint64_t minimum, uint64_t maximum,
                      uint64_t *out, char *message)
{
    const char *text = json_string_value(json_object_get(facts, key));
    if (text == NULL || !number_parse(text, minimum, maximum, out)) {
        return message_set(message, "%s is not a whole number from %" PRIu64 " to %" PRIu64, key,
                           minimum, maximum);
    }
    return 0;
}

static int read_configuration(run_config *out, const json_t *facts, char *message)
{
    const char *text = json_string_value(json_object_get(facts, "configuration"));
    json_t *object = text != NULL ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (object == NULL) {
        return message_set(message, "configuration is not a text of JSON");
    }
    int status = run_config_from_json(out, object, message);
    if (status != 0) {
        status = message_set(message, "configuration: %s", message);
    }
    json_decref(object);
    return status;
}

/* A figure that is absent is NaN. */
static int read_figures(epoch_figures *out, const json_t *facts, char *message)
{
    double *const values[FIGURES] = {&out->loss, &out->accuracy, &out->val_loss,
                                     &out->val_accuracy};
    out->training_seconds = out->validation_seconds = NAN;
    for (size_t i = 0; i < FIGURES; i++) {
        const json_t *fact = json_object_get(facts, figure_keys[i]);
        const char *text = json_string_value(fact);
        char *end = NULL;
        const double value = text != NULL ? strtod(text, &end) : NAN;
        if (fact != NULL && (!isfinite(value) || end == text || *end != '\0')) {
            return message_set(message, "%s is not a number", figure_keys[i]);
        }
        *values[i] = value;
    }
    return 0;
}

static int read_origin(model_origin *out, const json_t *facts, char *message)
{
    uint64_t epochs = 0;
    if (read_configuration(&out->config, facts, message) != 0 ||
        read_whole(facts, "epoch", 0, out->config.epochs, &epochs, message) != 0) {
        return -1;
    }
    const uint64_t steps = run_config_steps_per_epoch(&out->config);
    out->epochs = (uint32_t)epochs;
    return read_whole(facts, "iterations", epochs * steps, (epochs + 1) * steps - 1,
                      &out->iterations, message) != 0
               ? -1
               : read_figures(&out->figures, facts, message);
}

static bool is_ours(const json_t *facts)
{
    const char *program = json_string_value(json_object_get(facts, "program"));
    return program != NULL && strncmp(program, program_name, sizeof program_name - 1) == 0;
}

/* A model without an origin is written as one of ours, and has none when it is read again. */
int model_facts_read(model *out, const json_t *facts, char *message)
{
    out->origin = (model_origin){0};
    out->has_origin = is_ours(facts) && json_object_get(facts, "configuration") != NULL;
    if (out->has_origin && read_origin(&out->origin, facts, message) != 0) {
        out->origin = (model_origin){0};
        out->has_origin = false;
        return -1;
    }
    return 0;
}
