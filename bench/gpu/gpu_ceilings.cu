/* Measures a device's peak rates, which kernels are compared with: the bandwidth of a copy (bytes
 * read plus bytes written), cuBLAS' rate for a large product of random matrices in each precision,
 * and the time from one node of a graph to the next.
 *
 *   gpu_ceilings
 *
 * Prints the medians as one line of JSON: bytes and floating-point operations per second, and
 * seconds per node. */
#include <cublas_v2.h>
#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace
{

constexpr int order = 8192;                          // of the matrices: longer than any launch
constexpr std::size_t copied = std::size_t{1} << 31; // bytes, many times the L2 cache
constexpr int nodes = 1024;                          // of the graph
constexpr int repetitions = 15;

void check(cudaError_t status, const char *what)
{
    if (status != cudaSuccess) {
        std::fprintf(stderr, "gpu_ceilings: %s: %s\n", what, cudaGetErrorString(status));
        std::exit(EXIT_FAILURE);
    }
}

void check(cublasStatus_t status, const char *what)
{
    if (status != CUBLAS_STATUS_SUCCESS) {
        std::fprintf(stderr, "gpu_ceilings: %s: %s\n", what, cublasGetStatusString(status));
        std::exit(EXIT_FAILURE);
    }
}

__device__ float random_value(std::uint32_t i)
{
    i = (i ^ 61U) ^ (i >> 16);
    i *= 9U;
    i ^= i >> 4;
    i *= 0x27d4eb2dU;
    i ^= i >> 15;
    return static_cast<float>(i) * 0x1p-31F - 1.0F;
}

template <typename T> __global__ void fill(T *values, std::uint32_t count)
{
    const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        values[i] = static_cast<T>(random_value(i));
    }
}

void *take(std::size_t bytes)
{
    void *memory = nullptr;
    check(cudaMalloc(&memory, bytes), "cudaMalloc");
    return memory;
}

template <typename T> T *take_random(std::uint32_t count)
{
    T *values = static_cast<T *>(take(count * sizeof(T)));
    fill<<<(count + 255) / 256, 256>>>(values, count);
    check(cudaGetLastError(), "fill");
    return values;
}

/* The median seconds of a call, after three that are not timed. */
template <typename Call> double median_seconds(Call call)
{
    std::vector<float> times;
    cudaEvent_t begin;
    cudaEvent_t end;
    check(cudaEventCreate(&begin), "cudaEventCreate");
    check(cudaEventCreate(&end), "cudaEventCreate");
    for (int i = 0; i < 3 + repetitions; i++) {
        check(cudaEventRecord(begin), "cudaEventRecord");
        call();
        check(cudaEventRecord(end), "cudaEventRecord");
        check(cudaEventSynchronize(end), "cudaEventSynchronize");
        float milliseconds = 0;
        check(cudaEventElapsedTime(&milliseconds, begin, end), "cudaEventElapsedTime");
        if (i >= 3) {
            times.push_back(milliseconds);
        }
    }
    check(cudaEventDestroy(begin), "cudaEventDestroy");
    check(cudaEventDestroy(end), "cudaEventDestroy");
    std::sort(times.begin(), times.end());
    return static_cast<double>(times[times.size() / 2]) * 1e-3;
}

double copy_rate()
{
    void *from = take_random<float>(copied / sizeof(float));
    void *to = take(copied);
    const double seconds = median_seconds(
        [&] { check(cudaMemcpyAsync(to, from, copied, cudaMemcpyDeviceToDevice), "copy"); });
    check(cudaFree(from), "cudaFree");
    check(cudaFree(to), "cudaFree");
    return 2.0 * static_cast<double>(copied) / seconds;
}

template <typename T>
double product_rate(cublasHandle_t blas, cudaDataType_t type, cublasComputeType_t compute)
{
    constexpr std::uint32_t count = std::uint32_t{order} * order;
    T *a = take_random<T>(count);
    T *b = take_random<T>(count);
    float *c = take_random<float>(count);
    const float one = 1;
    const float zero = 0;
    const double seconds = median_seconds([&] {
        check(cublasGemmEx(blas, CUBLAS_OP_N, CUBLAS_OP_N, order, order, order, &one, a, type,
                           order, b, type, order, &zero, c, CUDA_R_32F, order, compute,
                           CUBLAS_GEMM_DEFAULT),
              "cublasGemmEx");
    });
    check(cudaFree(a), "cudaFree");
    check(cudaFree(b), "cudaFree");
    check(cudaFree(c), "cudaFree");
    return 2.0 * order * order * order / seconds;
}

__global__ void do_nothing()
{
}

/* Seconds per node of a graph in which each kernel waits for the one before it. */
double graph_node_seconds()
{
    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t executable;
    check(cudaStreamCreate(&stream), "cudaStreamCreate");
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal),
          "cudaStreamBeginCapture");
    for (int i = 0; i < nodes; i++) {
        do_nothing<<<1, 32, 0, stream>>>();
        check(cudaGetLastError(), "do_nothing");
    }
    check(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
    check(cudaGraphInstantiate(&executable, graph, 0), "cudaGraphInstantiate");
    const double seconds =
        median_seconds([&] { check(cudaGraphLaunch(executable, nullptr), "cudaGraphLaunch"); });
    check(cudaGraphExecDestroy(executable), "cudaGraphExecDestroy");
    check(cudaGraphDestroy(graph), "cudaGraphDestroy");
    check(cudaStreamDestroy(stream), "cudaStreamDestroy");
    return seconds / nodes;
}

} // namespace

int main()
{
    cublasHandle_t blas;
    cudaDeviceProp properties;
    check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
    check(cublasCreate(&blas), "cublasCreate");
    const double copy = copy_rate();
    const double fp32 = product_rate<float>(blas, CUDA_R_32F, CUBLAS_COMPUTE_32F);
    const double tf32 = product_rate<float>(blas, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32);
    const double bf16 = product_rate<__nv_bfloat16>(blas, CUDA_R_16BF, CUBLAS_COMPUTE_32F);
    check(cublasDestroy(blas), "cublasDestroy");
    const double graph_node = graph_node_seconds();
    std::printf("{\"device\": \"%s\", \"multiprocessors\": %d, \"copy\": %.4g, \"fp32\": %.4g, "
                "\"tf32\": %.4g, \"bf16\": %.4g, \"graph_node\": %.4g}\n",
                properties.name, properties.multiProcessorCount, copy, fp32, tf32, bf16,
                graph_node);
    return EXIT_SUCCESS;
}
