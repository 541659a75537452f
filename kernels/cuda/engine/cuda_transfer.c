/* Between the host's memory and the device's: single arrays, and the whole state of a run. */
#include <stdio.h>
#include <string.h>

#include "cuda_state.h"

bool cuda_upload(engine *e, void *to, const void *from, size_t bytes)
{
    return cuda_ok(e, "cudaMemcpyAsync",
                   cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, e->stream));
}

bool cuda_download(engine *e, void *to, const void *from, size_t bytes)
{
    return cuda_ok(e, "cudaMemcpyAsync",
                   cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, e->stream));
}

bool cuda_clear(engine *e, void *memory, size_t bytes)
{
    return cuda_ok(e, "cudaMemsetAsync", cudaMemsetAsync(memory, 0, bytes, e->stream));
}

bool cuda_set_run_progress(engine *e, uint64_t step)
{
    const cuda_adam_settings adam = cuda_adam_of(&e->config);
    return cuda_ok(e, "cuda_set_progress",
                   cuda_set_progress(e->memory.progress, step, &adam, e->stream));
}

/* A state is this header, then the parameters and the two moments. */
typedef struct state_header {
    char magic[16];
    uint32_t batch_size;
    uint32_t training_count;
    uint64_t seed;
    uint64_t steps_done;
} state_header;

static const char STATE_MAGIC[16] = "lenet cuda 1";

size_t cuda_state_bytes(const engine *e)
{
    (void)e;
    return sizeof(state_header) + 3 * (size_t)CUDA_ARRAY_BYTES;
}

static engine_status refuse_size(engine *e, size_t bytes)
{
    return cuda_refuse(e, ENGINE_INVALID, "a state has %zu bytes, not %zu", cuda_state_bytes(e),
                       bytes);
}

engine_status cuda_export_state(engine *e, void *out, size_t bytes)
{
    if (bytes != cuda_state_bytes(e)) {
        return refuse_size(e, bytes);
    }
    state_header header = {
        .batch_size = e->config.batch_size,
        .training_count = e->memory.data[ENGINE_TRAINING].count,
        .seed = e->config.seed,
        .steps_done = e->queued,
    };
    memcpy(header.magic, STATE_MAGIC, sizeof header.magic);
    memcpy(out, &header, sizeof header);
    char *at = (char *)out + sizeof header;
    if (!cuda_enter(e) || !cuda_download(e, at, e->memory.parameters.values, CUDA_ARRAY_BYTES) ||
        !cuda_download(e, at + CUDA_ARRAY_BYTES, e->memory.parameters.moment_m, CUDA_ARRAY_BYTES) ||
        !cuda_download(e, at + 2 * (size_t)CUDA_ARRAY_BYTES, e->memory.parameters.moment_v,
                       CUDA_ARRAY_BYTES) ||
        !cuda_wait(e)) {
        return ENGINE_FAILED;
    }
    return ENGINE_OK;
}

static engine_status check_header(engine *e, const state_header *header)
{
    if (memcmp(header->magic, STATE_MAGIC, sizeof header->magic) != 0) {
        return cuda_refuse(e, ENGINE_INVALID, "this is not a state of the CUDA engine");
    }
    if (header->batch_size != e->config.batch_size || header->seed != e->config.seed ||
        header->training_count != e->memory.data[ENGINE_TRAINING].count) {
        return cuda_refuse(
            e, ENGINE_INVALID,
            "the state is of batch size %u, seed %llu and %u training samples, not of this "
            "run's",
            (unsigned)header->batch_size, (unsigned long long)header->seed,
            (unsigned)header->training_count);
    }
    return ENGINE_OK;
}

engine_status cuda_import_state(engine *e, const void *state, size_t bytes)
{
    if (bytes != cuda_state_bytes(e)) {
        return refuse_size(e, bytes);
    }
    state_header header;
    memcpy(&header, state, sizeof header);
    const engine_status status = check_header(e, &header);
    if (status != ENGINE_OK) {
        return status;
    }
    const char *at = (const char *)state + sizeof header;
    if (!cuda_enter(e) || !cuda_upload(e, e->memory.parameters.values, at, CUDA_ARRAY_BYTES) ||
        !cuda_upload(e, e->memory.parameters.moment_m, at + CUDA_ARRAY_BYTES, CUDA_ARRAY_BYTES) ||
        !cuda_upload(e, e->memory.parameters.moment_v, at + 2 * (size_t)CUDA_ARRAY_BYTES,
                     CUDA_ARRAY_BYTES) ||
        !cuda_set_run_progress(e, header.steps_done) || !cuda_wait(e)) {
        return ENGINE_FAILED;
    }
    memset(e->ring, 0, sizeof *e->ring); /* else a later step's old entry would be taken for new */
    e->queued = header.steps_done;
    e->polled = header.steps_done;
    e->made = 0;
    e->mark_count = 0;
    e->order_epoch = UINT64_MAX;
    return ENGINE_OK;
}
