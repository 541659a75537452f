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
    /* Set the workspace after the stream, because setting the stream resets it to cuBLAS' own. */
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

/* A matrix as cuBLAS sees it, column-major: as stored or transposed. */
typedef struct matrix {
    const float *data;
    int stride;
    cublasOperation_t is;
} matrix;

typedef struct product_shape {
    int m, n, k;
} product_shape;

/* c [m,n] = a [m,k] . b [k,n], or added to c with `add`; c's columns are m apart. */
static cublasStatus_t product(cublasHandle_t blas, engine_precision precision, product_shape of,
                              matrix a, matrix b, bool add, float *c)
{
    const float one = 1;
    const float beta = add ? 1.0f : 0.0f;
    return cublasGemmEx(blas, a.is, b.is, of.m, of.n, of.k, &one, a.data, CUDA_R_32F, a.stride,
                        b.data, CUDA_R_32F, b.stride, &beta, c, CUDA_R_32F, of.m,
                        compute_type(precision), CUBLAS_GEMM_DEFAULT);
}

/* Read column-major, a row-major matrix is its transpose. So each product is computed as the
 * product of the transposes in reverse order. */
cublasStatus_t cuda_blas_dense1_forward(cublasHandle_t blas, engine_precision precision, uint32_t n,
                                        const float *pooled, const float *kernel, float *sums)
{
    const product_shape shape = {LENET_DENSE1, (int)n, LENET_FLAT};
    const matrix a = {kernel, LENET_DENSE1, CUBLAS_OP_N};
    const matrix b = {pooled, LENET_FLAT, CUBLAS_OP_N};
    return product(blas, precision, shape, a, b, false, sums);
}

cublasStatus_t cuda_blas_dense1_input(cublasHandle_t blas, engine_precision precision, uint32_t n,
                                      const float *preactivation_gradient, const float *kernel,
                                      float *pooled_gradient)
{
    const product_shape shape = {LENET_FLAT, (int)n, LENET_DENSE1};
    const matrix a = {kernel, LENET_DENSE1, CUBLAS_OP_T};
    const matrix b = {preactivation_gradient, LENET_DENSE1, CUBLAS_OP_N};
    return product(blas, precision, shape, a, b, false, pooled_gradient);
}

cublasStatus_t cuda_blas_dense1_kernel(cublasHandle_t blas, engine_precision precision, uint32_t n,
                                       const float *pooled, const float *preactivation_gradient,
                                       bool add, float *kernel_gradient)
{
    const product_shape shape = {LENET_DENSE1, LENET_FLAT, (int)n};
    const matrix a = {preactivation_gradient, LENET_DENSE1, CUBLAS_OP_N};
    const matrix b = {pooled, LENET_FLAT, CUBLAS_OP_T};
    return product(blas, precision, shape, a, b, add, kernel_gradient);
}
