/* The engines that this machine can run, and short ways to drive them from a Check test. */
#ifndef ENGINE_VARIANTS_H
#define ENGINE_VARIANTS_H

#include "engine.h"

/* An engine, for the CPU engine one of its instruction sets (else NULL), and one of its
 * precisions. */
typedef struct engine_variant {
    const engine_api *api;
    const char *isa;
    engine_precision precision; /* never ENGINE_DEFAULT_PRECISION */
    char name[64];              /* for messages */
} engine_variant;

enum { MAX_ENGINE_VARIANTS = 16 };

/* Fills out[MAX_ENGINE_VARIANTS] and returns how many there are: all that this machine can run,
 * or of the engine that the environment's ENGINE names. Says on stdout what it leaves out, and
 * returns -1 where ENGINE names none. */
int engine_variants_find(engine_variant *out);

/* These four assert that the engine does what it is told. The caller destroys the engine. */
engine *variant_create(const engine_variant *v, engine_config config, const engine_data *training,
                       const engine_data *validation);
engine_step variant_train_one(const engine_variant *v, engine *e);

/* A tensor that must have `count` floats, as doubles. */
void variant_read(const engine_variant *v, engine *e, const char *name, double *out, size_t count);

/* All eight tensors [LENET_PARAMETERS]; `prefix` is "" or "gradient/". */
void variant_read_all(const engine_variant *v, engine *e, const char *prefix, double *out);

#endif
