#include "cuda_blas.h"

#include "lenet.h"

cublasStatus_t cuda_blas_version(int *out)
{
    int major = 0;
    int minor = 0;
    int patch = 0;
    cublasStatus_t status = cublasGetProperty(MAJOR_VERSION, &major);
    if (status == CUBLAS_STATUS_SUCCESS) {
        status = cublasGetProperty(MINOR_VERSION, &minor);
    }
    if (status == CUBLAS_STATUS_SUCCESS) {
        status = cublasGetProperty(PATCH_LEVEL, &patch);
    }
    *out = 10000 * major + 100 * minor + patch;
    return status;
}

cublasStatus_t cuda_blas_create(cublasHandle_t *out, cudaStream_t stream, void *workspace)
{
    *out = NULL;
    cublasHandle_t blas = NULL;
    cublasStatus_t status = cublasCreate(&blas);
    if (status != CUBLAS_STATUS_SUCCESS) {
        return status;
    }
    /* The workspace comes second: setting the stream puts cuBLAS' own in its place. */
    status = cublasSetStream(blas, stream);
    if (status == CUBLAS_STATUS_SUCCESS) {
        status = cublasSetWorkspace(blas, workspace, CUDA_BLAS_WORKSPACE_BYTES);
    }
    if (status == CUBLAS_STATUS_SUCCESS) {
        *out = blas;
    } else {
        cublasDestroy(blas);
    }
    return status;
}

static cublasComputeType_t compute_type(engine_precision precision)
{
    switch (precision) {
    case ENGINE_TF32:
        return CUBLAS_COMPUTE_32F_FAST_TF32;
    case ENGINE_BF16:
        return CUBLAS_COMPUTE_32F_FAST_16BF;
    case ENGINE_DEFAULT_PRECISION:
    case ENGINE_FP32:
        break;
    }
    return CUBLAS_COMPUTE_32F_PEDANTIC;
}

/* In cuBLAS' order of columns: c [m,n] = a [m,k] . b [k,n], or added to c with `add`. */
static cublasStatus_t product(cublasHandle_t blas, engine_precision precision,
                              cublasOperation_t a_is, cublasOperation_t b_is, int m, int n, int k,
                              const float *a, int a_stride, const float *b, int b_stride, bool add,
                              float *c, int c_stride)
{
    const float one = 1;
    const float beta = add ? 1.0f : 0.0f;
    return cublasGemmEx(blas, a_is, b_is, m, n, k, &one, a, CUDA_R_32F, a_stride, b, CUDA_R_32F,
                        b_stride, &beta, c, CUDA_R_32F, c_stride, compute_type(precision),
                        CUBLAS_GEMM_DEFAULT);
}

/* A row-major matrix is, read by columns, its own transpose: so each product is asked for as that
 * of the transposes in the other order. */
cublasStatus_t cuda_blas_dense1_forward(cublasHandle_t blas, engine_precision precision, uint32_t n,
                                        const float *pooled, const float *kernel, float *sums)
{
    return product(blas, precision, CUBLAS_OP_N, CUBLAS_OP_N, LENET_DENSE1, (int)n, LENET_FLAT,
                   kernel, LENET_DENSE1, pooled, LENET_FLAT, false, sums, LENET_DENSE1);
}

cublasStatus_t cuda_blas_dense1_input(cublasHandle_t blas, engine_precision precision, uint32_t n,
                                      const float *preactivation_gradient, const float *kernel,
                                      float *pooled_gradient)
{
    return product(blas, precision, CUBLAS_OP_T, CUBLAS_OP_N, LENET_FLAT, (int)n, LENET_DENSE1,
                   kernel, LENET_DENSE1, preactivation_gradient, LENET_DENSE1, false,
                   pooled_gradient, LENET_FLAT);
}

cublasStatus_t cuda_blas_dense1_kernel(cublasHandle_t blas, engine_precision precision, uint32_t n,
                                       const float *pooled, const float *preactivation_gradient,
                                       bool add, float *kernel_gradient)
{
    return product(blas, precision, CUBLAS_OP_N, CUBLAS_OP_T, LENET_DENSE1, LENET_FLAT, (int)n,
                   preactivation_gradient, LENET_DENSE1, pooled, LENET_FLAT, add, kernel_gradient,
                   LENET_DENSE1);
}
