/* What can be said of a run on a CUDA device without asking one, in a build without CUDA too. */
#ifndef KERNELS_CUDA_PLAN_H
#define KERNELS_CUDA_PLAN_H

#include "cuda_memory.h"

/* The shape of a run and what of its plan no device decides; `available` is UINT64_MAX. Refuses
 * what the engine refuses without a look at the machine, with a message as create's. */
ENGINE_MUST_CHECK engine_status cuda_plan_run(const engine_config *config, uint32_t training_count,
                                              uint32_t validation_count, cuda_memory *shape,
                                              engine_plan *out, char *message,
                                              size_t message_bytes);

#endif
