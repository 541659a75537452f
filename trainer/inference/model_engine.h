/* An engine with a model's parameters, for evaluation and prediction only. */
#ifndef TRAINER_MODEL_ENGINE_H
#define TRAINER_MODEL_ENGINE_H

#include <argp.h>

#include "engine.h"
#include "model.h"
#include "must_check.h"
#include "outcome.h"

/* The user's options; all zero if none is given. */
typedef struct model_engine_options {
    const char *engine;         /* a name, or "auto" for the best; NULL for the model's own */
    engine_precision precision; /* the default is the model's own */
    const char *isa;            /* as in engine_config */
    uint32_t threads;           /* likewise */
} model_engine_options;

/* Parses --engine, --precision, --isa and --threads. A child of a command's parser, which sets the
 * child's input, a model_engine_options, at ARGP_KEY_INIT. */
extern const struct argp model_engine_argp;

typedef struct model_engine {
    const engine_api *api;
    engine *engine; /* for evaluate of ENGINE_VALIDATION, and predict */
} model_engine;

/* Makes the engine. Without options it is that of the model's run, in its precision, or the best
 * one if this machine or build lacks that. An engine or precision that the options name is used or
 * refused. A device is used only after its proof (trusted_engine.h). `validation` may be NULL if
 * nothing is to be evaluated; it is borrowed until model_engine_close.
 *
 * OUTCOME_DONE; `note` [MESSAGE_BYTES] is then "", or describes what differs from the model's run,
 * so that last digits may differ, and why a device is not used. Otherwise nothing is allocated, and
 * `message` [MESSAGE_BYTES] has the reason: OUTCOME_REFUSED if no machine could do this,
 * OUTCOME_FAILED if this one cannot. */
MUST_CHECK outcome model_engine_open(model_engine *out, const model *from,
                                     const model_engine_options *options,
                                     const engine_data *validation, char *note, char *message);

void model_engine_close(model_engine *self); /* an empty one is allowed */

#endif
