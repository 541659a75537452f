/* Finds the engine for a command that computes. A device is trusted only after its proof: once for
 * each device, driver, program and precision, since the verdict is kept (proof_cache.h). One that
 * failed is not tried again for an hour, unless the machine restarts or the user runs selftest. */
#ifndef TRAINER_TRUSTED_ENGINE_H
#define TRAINER_TRUSTED_ENGINE_H

#include <stdbool.h>

#include "engine.h"
#include "must_check.h"
#include "outcome.h"

typedef struct engine_wish {
    const char *name; /* "auto", or that of an engine */
    engine_precision precision;
    bool (*is_stopped)(void); /* asked while a device is proved; NULL for never */
} engine_wish;

/* Is the engine in this build? */
bool engine_is_built_in(const engine_api *api);

/* OUTCOME_DONE, and `note` [MESSAGE_BYTES] is a line for the user, or "": "auto" has skipped a
 * device that failed its proof, has no memory or cannot be used, or a verdict cannot be kept.
 * Otherwise `message` [MESSAGE_BYTES] has the cause: OUTCOME_FAILED if the engine that was named is
 * not here, failed its proof, has no memory or cannot be used; OUTCOME_STOPPED if the user stopped
 * it. */
MUST_CHECK outcome trusted_engine_find(const engine_api **out, const engine_wish *wish, char *note,
                                       char *message);

#endif
