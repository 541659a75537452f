/* An engine with a model's parameters: what evaluates and predicts. Nothing here trains. */
#ifndef TRAINER_MODEL_ENGINE_H
#define TRAINER_MODEL_ENGINE_H

#include <argp.h>

#include "engine.h"
#include "model.h"
#include "must_check.h"
#include "outcome.h"

/* What the user asked for; all zero for nothing. */
typedef struct model_engine_options {
    const char *engine;         /* a name, or "auto" for the best; NULL for the model's own */
    engine_precision precision; /* the default is the model's own */
    const char *isa;            /* as in engine_config */
    uint32_t threads;           /* likewise */
} model_engine_options;

/* Takes --engine, --precision, --isa and --threads: a child of a command's parser, which sets its
 * input, a model_engine_options, at ARGP_KEY_INIT. */
extern const struct argp model_engine_argp;

typedef struct model_engine {
    const engine_api *api;
    engine *engine; /* for evaluate of ENGINE_VALIDATION, and predict */
} model_engine;

/* Makes the engine: the one that the run of the model was trained on, in its precision; where this
 * machine or this build lacks that, the best one there is. What the options name is used or
 * refused. A device is used only after its proof (trusted_engine.h). `validation` is copied; NULL
 * if nothing is to be evaluated.
 *
 * OUTCOME_DONE, and `note` [MESSAGE_BYTES] says what computes differently from the model's run,
 * so that last digits may differ, and why a device is not used, or is "". Otherwise nothing is
 * held and `message` [MESSAGE_BYTES] says why: OUTCOME_REFUSED if no machine could do what was
 * asked for, OUTCOME_FAILED if this one can't. */
MUST_CHECK outcome model_engine_open(model_engine *out, const model *from,
                                     const model_engine_options *options,
                                     const engine_data *validation, char *note, char *message);

void model_engine_close(model_engine *self); /* an empty one is allowed */

#endif
