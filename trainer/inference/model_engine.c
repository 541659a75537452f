#include "model_engine.h"

#include <stdio.h>
#include <string.h>

#include "message.h"
#include "option_value.h"
#include "trusted_engine.h"

enum option_key { KEY_ENGINE = 256, KEY_PRECISION, KEY_ISA, KEY_THREADS };

enum { REASON_BYTES = MESSAGE_BYTES / 2 };

static const struct argp_option option_table[] = {
    {"engine", KEY_ENGINE, "NAME", 0,
     "As for train (default: the one that the model was trained on, else the best)", 3},
    {"precision", KEY_PRECISION, "NAME", 0,
     "fp32, tf32 or bf16 (default: the one that the model was trained in, else the engine's own)",
     3},
    {"threads", KEY_THREADS, "N", 0, "CPU threads (default: as for train)", 3},
    {"isa", KEY_ISA, "NAME", 0, "CPU instructions: avx512, avx2 or portable (default: the best)",
     3},
    {0}};

static error_t take_option(int key, char *text, struct argp_state *state)
{
    model_engine_options *options = state->input;
    switch (key) {
    case KEY_ENGINE:
        return option_take_engine(state, text, &options->engine);
    case KEY_PRECISION:
        return option_take_precision(state, text, &options->precision);
    case KEY_ISA:
        return option_take_name(state, "--isa", text, &options->isa);
    case KEY_THREADS:
        return option_take_u32(state, "--threads", text, ENGINE_MAX_THREADS, &options->threads);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp model_engine_argp = {option_table, take_option, NULL, NULL, NULL, NULL, NULL};

/* The engine that the options name; else the model's own one if it can be used, or the best. */
static outcome find_engine(model_engine *self, const model *from,
                           const model_engine_options *options, char *note, char *message)
{
    const run_config *origin = from->has_origin ? &from->origin.config : NULL;
    engine_wish wish = {.name = options->engine, .precision = options->precision};
    if (wish.precision == ENGINE_DEFAULT_PRECISION && origin != NULL) {
        wish.precision = origin->precision;
    }
    if (wish.name == NULL && origin != NULL) {
        wish.name = origin->engine;
        if (trusted_engine_find(&self->api, &wish, note, message) == OUTCOME_DONE) {
            return OUTCOME_DONE;
        }
        wish.name = NULL;
    }
    if (wish.name == NULL) {
        wish.name = "auto";
    }
    return trusted_engine_find(&self->api, &wish, note, message);
}

static bool can(const engine_api *api, const engine_config *settings, uint32_t validation_count)
{
    char reason[REASON_BYTES];
    engine_plan plan;
    return api->plan(settings, 1, validation_count, &plan, reason, sizeof reason) == ENGINE_OK;
}

/* Batch size and training set are the smallest that an engine accepts, since nothing is
 * trained. */
static engine_config settings_for(const engine_api *api, const model *from,
                                  const model_engine_options *options, uint32_t validation_count)
{
    engine_config settings = engine_config_defaults();
    settings.batch_size = 1;
    settings.isa = options->isa;
    settings.threads = options->threads;
    settings.precision = options->precision;
    if (settings.precision == ENGINE_DEFAULT_PRECISION && from->has_origin) {
        settings.precision = from->origin.config.precision;
        if (!can(api, &settings, validation_count)) {
            settings.precision = ENGINE_DEFAULT_PRECISION;
        }
    }
    return settings;
}

/* Adds to the note what differs from the model's run. */
static void compare_with_run(const model_engine *self, const model *from, char *note)
{
    const engine_plan *plan = self->api->planned(self->engine);
    const run_config *config = &from->origin.config;
    if (from->has_origin &&
        (strcmp(self->api->name, config->engine) != 0 || plan->precision != config->precision ||
         strcmp(plan->arithmetic, config->arithmetic) != 0)) {
        message_set(
            note,
            "%s%sthe model was trained on %s (%s) in %s and is computed on %s (%s) in %s: last "
            "digits may differ",
            note, note[0] != '\0' ? "; " : "", config->engine, config->arithmetic,
            engine_precision_name(config->precision), self->api->name, plan->arithmetic,
            engine_precision_name(plan->precision));
    }
}

static outcome make_engine(model_engine *self, const model *from,
                           const model_engine_options *options, const engine_data *validation,
                           char *message)
{
    static const uint8_t pixels[LENET_IMAGE_PIXELS];
    static const uint8_t label;
    const engine_data blank = {pixels, &label, 1};
    const engine_data *evaluated = validation != NULL ? validation : &blank;
    const engine_config settings = settings_for(self->api, from, options, evaluated->count);
    char reason[REASON_BYTES] = "";
    engine_status status =
        self->api->create(&self->engine, &settings, &blank, evaluated, reason, sizeof reason);
    if (status == ENGINE_OK) {
        status = self->api->set_parameters(self->engine, from->parameters);
        snprintf(reason, sizeof reason, "%s",
                 status != ENGINE_OK ? self->api->message(self->engine) : "");
    }
    if (status != ENGINE_OK) {
        message_set(message, "--engine %s: %s", self->api->name,
                    reason[0] != '\0' ? reason : engine_status_string(status));
        return status == ENGINE_INVALID ? OUTCOME_REFUSED : OUTCOME_FAILED;
    }
    return OUTCOME_DONE;
}

outcome model_engine_open(model_engine *out, const model *from, const model_engine_options *options,
                          const engine_data *validation, char *note, char *message)
{
    *out = (model_engine){0};
    outcome status = find_engine(out, from, options, note, message);
    if (status == OUTCOME_DONE) {
        status = make_engine(out, from, options, validation, message);
    }
    if (status != OUTCOME_DONE) {
        model_engine_close(out);
        return status;
    }
    compare_with_run(out, from, note);
    return OUTCOME_DONE;
}

void model_engine_close(model_engine *self)
{
    if (self->engine != NULL) { /* an engine that is not built in has no destroy */
        self->api->destroy(self->engine);
    }
    *self = (model_engine){0};
}
