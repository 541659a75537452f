/* The ring of step metrics as the host sees it. The device writes an entry into pinned memory, and
 * then the entry's step number; the host takes an entry once it reads the number that it looks for.
 * Memory alone: nothing here calls CUDA, so that it also serves after the device has failed. */
#ifndef KERNELS_CUDA_RING_H
#define KERNELS_CUDA_RING_H

#include "cuda_state.h"

/* Whether the metrics of the run's step (from 1) have come; those of a step that was taken
 * ENGINE_MAX_QUEUED_STEPS or more steps ago are gone. */
bool cuda_ring_has(const engine *e, uint64_t step);

/* The number of steps whose metrics have come, over the run. */
uint64_t cuda_ring_finished(const engine *e);

/* Takes the metrics of steps that have come into out[capacity]; returns how many. */
size_t cuda_ring_take(engine *e, engine_step *out, size_t capacity);

#endif
