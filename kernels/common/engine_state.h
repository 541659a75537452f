/* The format of an exported state, the same for all engines: a header, then the parameters and
 * Adam's two moments, [LENET_PARAMETERS] floats each. The engines copy the arrays. */
#ifndef KERNELS_ENGINE_STATE_H
#define KERNELS_ENGINE_STATE_H

#include "engine.h"

enum {
    ENGINE_STATE_HEADER_BYTES = 40,
    ENGINE_STATE_ARRAY_BYTES = LENET_PARAMETERS * sizeof(float),
    ENGINE_STATE_BYTES = ENGINE_STATE_HEADER_BYTES + 3 * ENGINE_STATE_ARRAY_BYTES,
};

/* The run that a state belongs to; an import compares it. */
typedef struct engine_state_run {
    const char *magic;       /* "lenet cpu 1": the engine, and the version of its state */
    const char *engine_name; /* in messages, "CPU" */
    const engine_config *config;
    uint32_t training_count;
} engine_state_run;

/* Writes the header of out[bytes]. ENGINE_INVALID if `bytes` is not ENGINE_STATE_BYTES, with
 * `message` as in create. */
ENGINE_MUST_CHECK engine_status engine_state_begin(void *out, size_t bytes,
                                                   const engine_state_run *run, uint64_t steps_done,
                                                   char *message, size_t message_bytes);

/* Reads the header of state[bytes]. ENGINE_INVALID if the state is not of this run. */
ENGINE_MUST_CHECK engine_status engine_state_check(const void *state, size_t bytes,
                                                   const engine_state_run *run,
                                                   uint64_t *steps_done, char *message,
                                                   size_t message_bytes);

#endif
