/* The engines that this machine can run, and short ways to drive them from a Check test. */
#ifndef ENGINE_VARIANTS_H
#define ENGINE_VARIANTS_H

#include "engine.h"

/* An engine, one of its precisions and, for the CPU engine, one of its instruction sets (else
 * NULL). */
typedef struct engine_variant {
    const engine_api *api;
    const char *isa;
    engine_precision precision; /* never ENGINE_DEFAULT_PRECISION */
    char name[64];              /* for messages */
} engine_variant;

enum { MAX_ENGINE_VARIANTS = 16 };

/* Fills out[MAX_ENGINE_VARIANTS] with all variants that this machine can run, or only those of the
 * engine that $ENGINE names. Returns their number, or -1 if $ENGINE names no engine. Prints what it
 * leaves out. */
int engine_variants_find(engine_variant *out);

/* These four assert that the engine's calls succeed. The caller destroys the engine. */
engine *variant_create(const engine_variant *v, engine_config config, const engine_data *training,
                       const engine_data *validation);
engine_step variant_train_one(const engine_variant *v, engine *e);

/* A tensor that must have `count` floats, as doubles. */
void variant_read(const engine_variant *v, engine *e, const char *name, double *out, size_t count);

/* All eight tensors [LENET_PARAMETERS]; `prefix` is "" or "gradient/". */
void variant_read_all(const engine_variant *v, engine *e, const char *prefix, double *out);

#endif
