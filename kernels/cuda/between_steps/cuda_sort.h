/* Sorting of keys on the device: CUB behind one wrapper, so that a host build can put another in
 * its place. */
#ifndef KERNELS_CUDA_SORT_H
#define KERNELS_CUDA_SORT_H

#include <cuda_runtime.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The scratch that cuda_sort_keys needs for `count` keys on the current device. */
cudaError_t cuda_sort_scratch_bytes(uint32_t count, size_t *bytes);

/* sorted[count] = keys[count] in ascending order. The keys' low 32 bits must ascend already, as
 * those of cuda_order_keys do: the sort is stable and looks at the high ones alone. Puts its
 * launches on the stream and waits for nothing. */
cudaError_t cuda_sort_keys(void *scratch, size_t scratch_bytes, const uint64_t *keys,
                           uint64_t *sorted, uint32_t count, cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
