/* Shared memory of a block and its shadow. */
#ifndef CUDA_HOST_SHADOW_H
#define CUDA_HOST_SHADOW_H

#include "cuda_host_block.h"

namespace cuda_host
{

/* Fills shared memory with NaN and clears its shadow. */
void prepare_shared(block &b, size_t bytes);

/* Resets the shadow after a race was reported. */
void clear_shadow(block &b);

/* "value 3 of the span of 64 (of 4 bytes each) taken at conv_forward.cu:41" */
void describe_place(const block &home, const void *place, char *text, size_t bytes);

} // namespace cuda_host

#endif
