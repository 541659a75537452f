/* Sorts keys on the device: a wrapper of CUB, which a host build can replace. */
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

/* sorted[count] = keys[count] in ascending order. The keys' low 32 bits must already ascend, as
 * those of cuda_order_keys do: the sort is stable and compares only the high bits. Queues its
 * launches on the stream and does not wait. */
cudaError_t cuda_sort_keys(void *scratch, size_t scratch_bytes, const uint64_t *keys,
                           uint64_t *sorted, uint32_t count, cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
