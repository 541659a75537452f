#include "model_facts.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "number.h"

static const char program_name[] = "trainer ";

/* The figures of an epoch that the network is told by; its seconds are not among them, since they
 * differ from run to run. */
static const struct {
    const char *key;
    size_t offset;
} figure_keys[] = {
    {"loss", offsetof(epoch_figures, loss)},
    {"accuracy", offsetof(epoch_figures, accuracy)},
    {"val_loss", offsetof(epoch_figures, val_loss)},
    {"val_accuracy", offsetof(epoch_figures, val_accuracy)},
};
enum { FIGURES = sizeof figure_keys / sizeof *figure_keys };

static double get_figure(const epoch_figures *figures, size_t index)
{
    double value;
    memcpy(&value, (const char *)figures + figure_keys[index].offset, sizeof value);
    return value;
}

static void set_figure(epoch_figures *figures, size_t index, double value)
{
    memcpy((char *)figures + figure_keys[index].offset, &value, sizeof value);
}

static int set_whole(json_t *facts, const char *key, uint64_t value)
{
    return json_object_set_new(facts, key, json_sprintf("%" PRIu64, value));
}

static int set_configuration(json_t *facts, const run_config *config)
{
    json_t *object = run_config_to_json(config);
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    const int status = json_object_set_new(facts, "configuration", json_string(text));
    free(text);
    json_decref(object);
    return status;
}

static int set_figures(json_t *facts, const epoch_figures *figures)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < FIGURES; i++) {
        const double value = get_figure(figures, i);
        if (isfinite(value)) {
            status = json_object_set_new(facts, figure_keys[i].key, json_sprintf("%.17g", value));
        }
    }
    return status;
}

static int set_origin(json_t *facts, const model_origin *origin)
{
    return set_configuration(facts, &origin->config) != 0 ||
                   json_object_set_new(facts, "data_crc32",
                                       json_sprintf("%08" PRIx32, origin->config.data_crc32)) !=
                       0 ||
                   set_whole(facts, "epoch", origin->epochs) != 0 ||
                   set_whole(facts, "iterations", origin->iterations) != 0
               ? -1
               : set_figures(facts, &origin->figures);
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

/* One that is absent is not known: NaN. */
static int read_figures(epoch_figures *out, const json_t *facts, char *message)
{
    *out = (epoch_figures){.training_seconds = NAN, .validation_seconds = NAN};
    for (size_t i = 0; i < FIGURES; i++) {
        const json_t *fact = json_object_get(facts, figure_keys[i].key);
        const char *text = json_string_value(fact);
        char *end = NULL;
        const double value = text != NULL ? strtod(text, &end) : NAN;
        if (fact != NULL && (!isfinite(value) || end == text || *end != '\0')) {
            return message_set(message, "%s is not a number", figure_keys[i].key);
        }
        set_figure(out, i, value);
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

/* A file of another program that was written as one of ours may be without an origin, too. */
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
