/* The ring of step metrics as the host sees it. The device writes an entry into pinned memory, and
 * then the entry's step number; the host reads an entry after it has seen the expected number.
 * Nothing here calls CUDA, so it also works after the device has failed. */
#ifndef KERNELS_CUDA_RING_H
#define KERNELS_CUDA_RING_H

#include "cuda_state.h"

/* Have the metrics of the run's step (from 1) arrived? Those of a step that was taken
 * ENGINE_MAX_QUEUED_STEPS or more steps ago are overwritten. */
bool cuda_ring_has(const engine *e, uint64_t step);

/* The number of steps of the run whose metrics have arrived. */
uint64_t cuda_ring_finished(const engine *e);

/* Moves metrics that have arrived to out[capacity]; returns how many. */
size_t cuda_ring_take(engine *e, engine_step *out, size_t capacity);

#endif
