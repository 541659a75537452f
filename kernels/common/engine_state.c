#include "engine_state.h"

#include <stdio.h>
#include <string.h>

typedef struct state_header {
    char magic[16];
    uint32_t batch_size;
    uint32_t training_count;
    uint64_t seed;
    uint64_t steps_done;
} state_header;

_Static_assert(sizeof(state_header) == ENGINE_STATE_HEADER_BYTES, "the header has no gaps");

static state_header header_of(const engine_state_run *run, uint64_t steps_done)
{
    state_header header = {
        .batch_size = run->config->batch_size,
        .training_count = run->training_count,
        .seed = run->config->seed,
        .steps_done = steps_done,
    };
    memcpy(header.magic, run->magic, strlen(run->magic)); /* zeros fill the rest */
    return header;
}

static engine_status check_size(size_t bytes, char *message, size_t message_bytes)
{
    if (bytes == ENGINE_STATE_BYTES) {
        return ENGINE_OK;
    }
    snprintf(message, message_bytes, "a state has %zu bytes, not %zu", (size_t)ENGINE_STATE_BYTES,
             bytes);
    return ENGINE_INVALID;
}

engine_status engine_state_begin(void *out, size_t bytes, const engine_state_run *run,
                                 uint64_t steps_done, char *message, size_t message_bytes)
{
    const engine_status status = check_size(bytes, message, message_bytes);
    if (status == ENGINE_OK) {
        const state_header header = header_of(run, steps_done);
        memcpy(out, &header, sizeof header);
    }
    return status;
}

engine_status engine_state_check(const void *state, size_t bytes, const engine_state_run *run,
                                 uint64_t *steps_done, char *message, size_t message_bytes)
{
    const engine_status status = check_size(bytes, message, message_bytes);
    if (status != ENGINE_OK) {
        return status;
    }
    state_header header;
    memcpy(&header, state, sizeof header);
    const state_header own = header_of(run, header.steps_done);
    if (memcmp(header.magic, own.magic, sizeof header.magic) != 0) {
        snprintf(message, message_bytes, "this is not a state of the %s engine", run->engine_name);
        return ENGINE_INVALID;
    }
    if (header.batch_size != own.batch_size || header.seed != own.seed ||
        header.training_count != own.training_count) {
        snprintf(message, message_bytes,
                 "the state is of batch size %u, seed %llu and %u training samples, not of this "
                 "run's",
                 (unsigned)header.batch_size, (unsigned long long)header.seed,
                 (unsigned)header.training_count);
        return ENGINE_INVALID;
    }
    *steps_done = header.steps_done;
    return ENGINE_OK;
}
