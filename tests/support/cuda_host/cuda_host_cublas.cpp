/* The fake cuBLAS. Its calls count as calls of the runtime, and fail as those do on demand. */
#include <cublas_v2.h>

#include <array>
#include <set>
#include <string.h>
#include <vector>

#include "cuda_host_errors.h"
#include "cuda_host_runtime.h"
#include "cuda_host_streams.h"

/* What cuBLAS chooses a product's kernel by: compute type, transposes, m, n, k. */
typedef std::array<int, 6> product_kind;

struct cublasContext {
    cudaStream_t stream;
    void *workspace;
    std::set<product_kind> loaded;
};

using namespace cuda_host;

namespace
{

cublasStatus_t status_of(cudaError_t error)
{
    return error == cudaSuccess                 ? CUBLAS_STATUS_SUCCESS
           : error == cudaErrorMemoryAllocation ? CUBLAS_STATUS_ALLOC_FAILED
                                                : CUBLAS_STATUS_EXECUTION_FAILED;
}

bool is_supported(cudaDataType a, cudaDataType b, cudaDataType c, cublasComputeType_t compute)
{
    return a == CUDA_R_32F && b == CUDA_R_32F && c == CUDA_R_32F &&
           (compute == CUBLAS_COMPUTE_32F_PEDANTIC || compute == CUBLAS_COMPUTE_32F_FAST_TF32 ||
            compute == CUBLAS_COMPUTE_32F_FAST_16BF);
}

/* Rounds to 10 fraction bits, ties away from zero; or to 7, ties to even. */
double rounded(float value, cublasComputeType_t compute)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (compute == CUBLAS_COMPUTE_32F_FAST_TF32) {
        bits = (bits + 0x1000u) & ~0x1fffu;
    }
    if (compute == CUBLAS_COMPUTE_32F_FAST_16BF) {
        bits = (bits + 0x7fffu + (bits >> 16 & 1)) & ~0xffffu;
    }
    memcpy(&value, &bits, sizeof bits);
    return static_cast<double>(value);
}

struct matrix {
    const float *values;
    size_t stride;
    bool transposed;

    double at(size_t row, size_t column, cublasComputeType_t compute) const
    {
        return rounded(transposed ? values[row * stride + column] : values[column * stride + row],
                       compute);
    }
};

/* Adds up each sum in the order of the inner index. A column's sums grow side by side, and A is
 * rounded once. */
void multiply(const matrix &a, const matrix &b, size_t m, size_t n, size_t k, double alpha,
              double beta, float *c, size_t c_stride, cublasComputeType_t compute)
{
    std::vector<double> left(m * k);
    for (size_t l = 0; l < k; l++) {
        for (size_t i = 0; i < m; i++) {
            left[l * m + i] = a.at(i, l, compute);
        }
    }
    for (size_t j = 0; j < n; j++) {
        std::vector<double> sums(m);
        for (size_t l = 0; l < k; l++) {
            const double right = b.at(l, j, compute);
            for (size_t i = 0; i < m; i++) {
                sums[i] += left[l * m + i] * right;
            }
        }
        float *column = c + j * c_stride;
        for (size_t i = 0; i < m; i++) {
            const double before = beta == 0 ? 0 : beta * static_cast<double>(column[i]);
            column[i] = static_cast<float>(alpha * sums[i] + before);
        }
    }
}

} // namespace

extern "C" {

const char *cublasGetStatusName(cublasStatus_t status)
{
    switch (status) {
    case CUBLAS_STATUS_SUCCESS:
        return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED:
        return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_ALLOC_FAILED:
        return "CUBLAS_STATUS_ALLOC_FAILED";
    case CUBLAS_STATUS_INVALID_VALUE:
        return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_EXECUTION_FAILED:
        return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_NOT_SUPPORTED:
        return "CUBLAS_STATUS_NOT_SUPPORTED";
    }
    return "unknown";
}

const char *cublasGetStatusString(cublasStatus_t status)
{
    return cublasGetStatusName(status);
}

cublasStatus_t cublasGetProperty(libraryPropertyType type, int *value)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    *value = type == MAJOR_VERSION ? 13 : 0;
    return status_of(begin_call());
}

cublasStatus_t cublasCreate(cublasHandle_t *handle)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    const cublasStatus_t status = status_of(begin_call());
    if (status == CUBLAS_STATUS_SUCCESS) {
        *handle = new cublasContext();
    }
    return status;
}

cublasStatus_t cublasDestroy(cublasHandle_t handle)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    delete handle;
    return status_of(begin_call());
}

cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    handle->stream = stream;
    handle->workspace = nullptr;
    return status_of(begin_call());
}

cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void *workspace, size_t)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    handle->workspace = workspace;
    return status_of(begin_call());
}

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t a_is, cublasOperation_t b_is,
                            int m, int n, int k, const void *alpha, const void *a,
                            cudaDataType a_type, int a_stride, const void *b, cudaDataType b_type,
                            int b_stride, const void *beta, void *c, cudaDataType c_type,
                            int c_stride, cublasComputeType_t compute, cublasGemmAlgo_t)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    const cublasStatus_t status = status_of(begin_call());
    if (status != CUBLAS_STATUS_SUCCESS) {
        return status;
    }
    if (handle->workspace == nullptr || m <= 0 || n <= 0 || k <= 0) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    if (!is_supported(a_type, b_type, c_type, compute)) {
        return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    const product_kind kind = {
        static_cast<int>(compute), static_cast<int>(a_is), static_cast<int>(b_is), m, n, k};
    if (!is_capturing(handle->stream)) {
        handle->loaded.insert(kind);
    } else if (handle->loaded.count(kind) == 0) {
        return status_of(end_captures());
    }
    const matrix first = {static_cast<const float *>(a), static_cast<size_t>(a_stride),
                          a_is == CUBLAS_OP_T};
    const matrix second = {static_cast<const float *>(b), static_cast<size_t>(b_stride),
                           b_is == CUBLAS_OP_T};
    const float scale = *static_cast<const float *>(alpha);
    const float keep = *static_cast<const float *>(beta);
    return status_of(enqueue(handle->stream, cudaGraphNodeTypeKernel, [=]() {
        count_launch();
        multiply(first, second, static_cast<size_t>(m), static_cast<size_t>(n),
                 static_cast<size_t>(k), static_cast<double>(scale), static_cast<double>(keep),
                 static_cast<float *>(c), static_cast<size_t>(c_stride), compute);
        return cudaSuccess;
    }));
}

} // extern "C"
