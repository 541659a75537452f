/* A trained network in memory: its parameters and what is known of where they come from.
 * model_file.h reads and writes it. */
#ifndef TRAINER_MODEL_H
#define TRAINER_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "epoch_figures.h"
#include "run_config.h"

/* The run whose network it is, and when it was kept. */
typedef struct model_origin {
    run_config config;
    uint32_t epochs;       /* done */
    uint64_t iterations;   /* updates done: more than those of the epochs if one was under way */
    epoch_figures figures; /* of the last of these epochs, if no other was under way; else NaN */
} model_origin;

typedef struct model {
    float *parameters;   /* [LENET_PARAMETERS] as lenet.h has them, all finite; the model's own */
    bool has_origin;     /* no: another program's file, with nothing but tensors */
    model_origin origin; /* empty without one */
} model;

/* Frees what it owns and empties it; an empty one is allowed. */
void model_free(model *self);

#endif
