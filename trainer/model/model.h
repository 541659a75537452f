/* A trained network in memory: its parameters and their origin, if that is known. model_file.h
 * reads and writes it. */
#ifndef TRAINER_MODEL_H
#define TRAINER_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "epoch_figures.h"
#include "run_config.h"

/* The run that trained the network, and the step at which it was saved. */
typedef struct model_origin {
    run_config config;
    uint32_t epochs;       /* done */
    uint64_t iterations;   /* updates done; includes those of an unfinished epoch */
    epoch_figures figures; /* of the last epoch; NaN if the next one had begun */
} model_origin;

typedef struct model {
    float *parameters;   /* [LENET_PARAMETERS], laid out as in lenet.h, all finite; owned */
    bool has_origin;     /* false for another program's file */
    model_origin origin; /* empty if there is none */
} model;

/* Frees what it owns and empties it; an empty one is allowed. */
void model_free(model *self);

#endif
