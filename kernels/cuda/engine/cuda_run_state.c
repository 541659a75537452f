/* The whole state of a run: set, exported and imported. */
#include <string.h>

#include "cuda_state.h"
#include "engine_state.h"

bool cuda_set_run_progress(engine *e, uint64_t step)
{
    const cuda_adam_settings adam = cuda_adam_of(&e->config);
    return cuda_ok(e, "cuda_set_progress",
                   cuda_set_progress(e->memory.progress, step, &adam, e->stream));
}

engine_status cuda_set_parameters(engine *e, const float *parameters)
{
    if (e->queued > 0) {
        return cuda_fail(e, ENGINE_INVALID, "the weights cannot be replaced: training has begun");
    }
    return cuda_enter(e) && cuda_upload_parameters(e, parameters) && cuda_wait(e) ? ENGINE_OK
                                                                                  : ENGINE_FAILED;
}

size_t cuda_state_bytes(const engine *e)
{
    (void)e;
    return ENGINE_STATE_BYTES;
}

static engine_state_run state_run(const engine *e)
{
    return (engine_state_run){
        .magic = "lenet cuda 1",
        .engine_name = "CUDA",
        .config = &e->config,
        .training_count = e->memory.data[ENGINE_TRAINING].count,
    };
}

engine_status cuda_export_state(engine *e, void *out, size_t bytes)
{
    const engine_state_run run = state_run(e);
    char message[sizeof e->message];
    const engine_status status =
        engine_state_begin(out, bytes, &run, e->queued, message, sizeof message);
    if (status != ENGINE_OK) {
        return cuda_fail(e, status, "%s", message);
    }
    const size_t array = ENGINE_STATE_ARRAY_BYTES;
    char *at = (char *)out + ENGINE_STATE_HEADER_BYTES;
    if (!cuda_enter(e) || !cuda_download(e, at, e->memory.parameters.values, array) ||
        !cuda_download(e, at + array, e->memory.parameters.moment_m, array) ||
        !cuda_download(e, at + 2 * array, e->memory.parameters.moment_v, array) || !cuda_wait(e)) {
        return ENGINE_FAILED;
    }
    return ENGINE_OK;
}

engine_status cuda_import_state(engine *e, const void *state, size_t bytes)
{
    const engine_state_run run = state_run(e);
    uint64_t steps_done;
    char message[sizeof e->message];
    const engine_status status =
        engine_state_check(state, bytes, &run, &steps_done, message, sizeof message);
    if (status != ENGINE_OK) {
        return cuda_fail(e, status, "%s", message);
    }
    const size_t array = ENGINE_STATE_ARRAY_BYTES;
    const char *at = (const char *)state + ENGINE_STATE_HEADER_BYTES;
    if (!cuda_enter(e) || !cuda_upload_parameters(e, at) ||
        !cuda_upload(e, e->memory.parameters.moment_m, at + array, array) ||
        !cuda_upload(e, e->memory.parameters.moment_v, at + 2 * array, array) ||
        !cuda_set_run_progress(e, steps_done) || !cuda_wait(e)) {
        return ENGINE_FAILED;
    }
    memset(e->ring, 0, sizeof *e->ring); /* otherwise an old entry of a later step would look new */
    e->queued = steps_done;
    e->polled = steps_done;
    e->made = 0;
    e->mark_count = 0;
    e->order_epoch = UINT64_MAX;
    return ENGINE_OK;
}
