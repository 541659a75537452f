/* The products of dense1 by cuBLAS. Only this file knows cuBLAS' column order; cuda_memory.h
 * decides when cuBLAS replaces our own kernels.
 *
 * The same shapes, precision, device and version of cuBLAS give the same bits: each handle has one
 * stream and its own workspace of fixed size, and atomics are off. Matrices are fp32. For tf32 and
 * bf16 cuBLAS rounds the factors; sums are fp32. */
#ifndef KERNELS_CUDA_BLAS_H
#define KERNELS_CUDA_BLAS_H

#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <stdbool.h>
#include <stdint.h>

#include "cuda_memory.h"

/* As 10000 * major + 100 * minor + patch. */
cublasStatus_t cuda_blas_version(int *out);

/* `workspace` has CUDA_BLAS_WORKSPACE_BYTES of device memory. The caller destroys *out with
 * cublasDestroy; *out is NULL after a failure. */
cublasStatus_t cuda_blas_create(cublasHandle_t *out, cudaStream_t stream, void *workspace);

/* sums [n,128] = pooled [n,9216] . kernel [9216,128] */
cublasStatus_t cuda_blas_dense1_forward(cublasHandle_t blas, engine_precision precision, uint32_t n,
                                        const float *pooled, const float *kernel, float *sums);

/* pooled_gradient [n,9216] = preactivation_gradient [n,128] . transposed kernel */
cublasStatus_t cuda_blas_dense1_input(cublasHandle_t blas, engine_precision precision, uint32_t n,
                                      const float *preactivation_gradient, const float *kernel,
                                      float *pooled_gradient);

/* kernel_gradient [9216,128] = transposed pooled . preactivation_gradient, or added to it with
 * `add`. */
cublasStatus_t cuda_blas_dense1_kernel(cublasHandle_t blas, engine_precision precision, uint32_t n,
                                       const float *pooled, const float *preactivation_gradient,
                                       bool add, float *kernel_gradient);

#endif
