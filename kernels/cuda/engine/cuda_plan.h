/* Plans a run on a CUDA device without a device, also in a build without CUDA. */
#ifndef KERNELS_CUDA_PLAN_H
#define KERNELS_CUDA_PLAN_H

#include "cuda_memory.h"

/* Sets the shape of a run and the part of its plan that does not depend on the device; `available`
 * is UINT64_MAX. Refuses configurations that no device supports, with a message as create's. */
ENGINE_MUST_CHECK engine_status cuda_plan_run(const engine_config *config, uint32_t training_count,
                                              uint32_t validation_count, cuda_memory *shape,
                                              engine_plan *out, char *message,
                                              size_t message_bytes);

#endif
