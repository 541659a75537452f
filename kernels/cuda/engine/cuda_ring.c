#include "cuda_ring.h"

static const engine_step *entry_of(const engine *e, uint64_t step)
{
    return &e->ring->entries[(step - 1) % ENGINE_MAX_QUEUED_STEPS];
}

bool cuda_ring_has(const engine *e, uint64_t step)
{
    return __atomic_load_n(&entry_of(e, step)->step, __ATOMIC_ACQUIRE) == step;
}

uint64_t cuda_ring_finished(const engine *e)
{
    uint64_t step = e->polled;
    while (step < e->queued && cuda_ring_has(e, step + 1)) {
        step++;
    }
    return step;
}

size_t cuda_ring_take(engine *e, engine_step *out, size_t capacity)
{
    size_t n = 0;
    for (; n < capacity && e->polled < e->queued && cuda_ring_has(e, e->polled + 1); n++) {
        out[n] = *entry_of(e, e->polled + 1);
        e->polled++;
    }
    return n;
}
