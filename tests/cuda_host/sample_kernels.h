/* Kernels for the harness' own test, right ones and wrong ones. */
#ifndef SAMPLE_KERNELS_H
#define SAMPLE_KERNELS_H

#include <cuda_runtime.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* out[b] = sum over the block's 256 values, by a tree in shared memory and shuffles. */
cudaError_t sample_block_sums(const float *in, float *out, unsigned blocks, cudaStream_t stream);

/* The same without the barrier between writing and reading. */
cudaError_t sample_missing_barrier(const float *in, float *out, cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
