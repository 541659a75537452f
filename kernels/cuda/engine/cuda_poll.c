/* Waits for steps without spinning, and detects a failed device, by marks: events that the host
 * records in the stream after the steps. */
#include "cuda_ring.h"

bool cuda_marks_create(engine *e)
{
    for (size_t i = 0; i < CUDA_MAX_MARKS; i++) {
        if (!cuda_ok(e, "cudaEventCreateWithFlags",
                     cudaEventCreateWithFlags(&e->marks[i].event,
                                              cudaEventDisableTiming | cudaEventBlockingSync))) {
            return false;
        }
    }
    return true;
}

void cuda_marks_destroy(engine *e)
{
    for (size_t i = 0; i < CUDA_MAX_MARKS; i++) {
        if (e->marks[i].event != NULL) {
            cudaEventDestroy(e->marks[i].event);
        }
    }
}

static cuda_mark *mark_at(engine *e, uint32_t place)
{
    return &e->marks[(e->mark_first + place) % CUDA_MAX_MARKS];
}

bool cuda_mark_queued(engine *e)
{
    while (e->mark_count > 0 && mark_at(e, 0)->step <= e->polled) {
        e->mark_first = (e->mark_first + 1) % CUDA_MAX_MARKS;
        e->mark_count--;
    }
    /* All steps after the last mark were queued just now. So if all marks are in use, the last one
     * is moved to the end of these steps. */
    if (e->mark_count < CUDA_MAX_MARKS) {
        e->mark_count++;
    }
    cuda_mark *mark = mark_at(e, e->mark_count - 1);
    mark->step = e->queued;
    return cuda_ok(e, "cudaEventRecord", cudaEventRecord(mark->event, e->stream));
}

/* The first mark at or after the step, which is queued. */
static const cuda_mark *mark_behind(engine *e, uint64_t step)
{
    uint32_t place = 0;
    while (place < e->mark_count - 1 && mark_at(e, place)->step < step) {
        place++;
    }
    return mark_at(e, place);
}

static bool wait_for(engine *e, uint64_t step)
{
    return cuda_ok(e, "cudaEventSynchronize", cudaEventSynchronize(mark_behind(e, step)->event)) &&
           /* Without this check, a device that hangs without an error would make us wait
            * forever. */
           (cuda_ring_has(e, step) ||
            cuda_ok(e, "the step's metrics did not come: cudaEventSynchronize", cudaErrorUnknown));
}

/* Does the device work, as far as can be seen without waiting? */
static bool look(engine *e)
{
    const cudaError_t error = cudaEventQuery(mark_behind(e, e->polled + 1)->event);
    if (error == cudaErrorNotReady) {
        cudaGetLastError(); /* else the next launch would be blamed for it */
        return true;
    }
    return cuda_ok(e, "cudaEventQuery", error);
}

/* Waits for all queued steps, or as many as there is room for. */
static bool wait_for_steps(engine *e, engine_step *out, size_t capacity, size_t *count)
{
    while (*count < capacity && e->polled < e->queued) {
        const uint64_t room = capacity - *count;
        const uint64_t pending = e->queued - e->polled;
        if (!wait_for(e, e->polled + (room < pending ? room : pending))) {
            return false;
        }
        *count += cuda_ring_take(e, out + *count, capacity - *count);
    }
    return true;
}

engine_status cuda_poll(engine *e, engine_step *out, size_t capacity, size_t *count, bool wait)
{
    *count = cuda_ring_take(e, out, capacity);
    if (!cuda_enter(e)) {
        return ENGINE_FAILED;
    }
    const bool pending = *count < capacity && e->polled < e->queued;
    const bool well = !pending || (wait ? wait_for_steps(e, out, capacity, count) : look(e));
    if (!well) {
        /* The steps that finished before the device failed are still returned. */
        *count += cuda_ring_take(e, out + *count, capacity - *count);
    }
    return well ? ENGINE_OK : ENGINE_FAILED;
}

bool cuda_wait(engine *e)
{
    return cuda_ok(e, "cudaStreamSynchronize", cudaStreamSynchronize(e->stream));
}
