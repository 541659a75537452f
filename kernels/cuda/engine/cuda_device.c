/* Opens the device, and checks the results of CUDA calls. */
#include "cuda_ring.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_MAJOR = 8 }; /* compute capability 8.0: tf32 and bf16 products, asynchronous copies */

static void describe(char *out, size_t bytes, const char *call, cudaError_t error)
{
    snprintf(out, bytes, "%s: %s (%s)", call, cudaGetErrorName(error), cudaGetErrorString(error));
    cudaGetLastError(); /* else the next launch would be blamed for it */
}

/* Streams share the driver's hardware queues: 8, unless this variable, which the driver reads at a
 * process's first call, asks for up to 32. The runs of a sweep have two streams each. What the user
 * has set stays. */
static void ask_for_queues(void)
{
    setenv("CUDA_DEVICE_MAX_CONNECTIONS", "32", false);
}

/* Whether there is a driver at all. */
static bool has_driver(void)
{
    int version = 0;
    return cudaDriverGetVersion(&version) == cudaSuccess && version > 0;
}

/* Reports why the devices could not be counted. UNAVAILABLE if there is no driver or no device,
 * UNUSABLE if there may be one. */
static engine_status explain_no_count(cudaError_t error, char *message, size_t message_bytes)
{
    if (error == cudaErrorInsufficientDriver) {
        const bool is_old = has_driver();
        snprintf(message, message_bytes,
                 is_old ? "the NVIDIA driver is older than CUDA %d.%d needs"
                        : "the NVIDIA driver that CUDA %d.%d needs is missing",
                 CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
        cudaGetLastError();
        return is_old ? ENGINE_UNUSABLE : ENGINE_UNAVAILABLE;
    }
    describe(message, message_bytes, "cudaGetDeviceCount", error);
    return error == cudaErrorNoDevice ? ENGINE_UNAVAILABLE : ENGINE_UNUSABLE;
}

/* A process's first call of CUDA. */
static engine_status count_devices(int *count, char *message, size_t message_bytes)
{
    ask_for_queues();
    *count = 0;
    const cudaError_t error = cudaGetDeviceCount(count);
    if (error != cudaSuccess) {
        return explain_no_count(error, message, message_bytes);
    }
    if (*count == 0) {
        snprintf(message, message_bytes, "this machine has no CUDA device");
        return ENGINE_UNAVAILABLE;
    }
    return ENGINE_OK;
}

static engine_status fail(char *message, size_t message_bytes, const char *call, cudaError_t error)
{
    describe(message, message_bytes, call, error);
    switch (error) {
    case cudaErrorMemoryAllocation:
        return ENGINE_NO_MEMORY;
    case cudaErrorDevicesUnavailable: /* another process uses it exclusively */
    case cudaErrorNoKernelImageForDevice:
        return ENGINE_UNUSABLE;
    default:
        return ENGINE_FAILED;
    }
}

static engine_status read_properties(int32_t ordinal, cuda_device *out, char *message,
                                     size_t message_bytes)
{
    struct cudaDeviceProp properties;
    const cudaError_t error = cudaGetDeviceProperties(&properties, ordinal);
    if (error != cudaSuccess) {
        return fail(message, message_bytes, "cudaGetDeviceProperties", error);
    }
    *out = (cuda_device){.ordinal = ordinal,
                         .major = properties.major,
                         .minor = properties.minor,
                         .multiprocessors = properties.multiProcessorCount};
    snprintf(out->name, sizeof out->name, "%.*s", (int)sizeof out->name - 1, properties.name);
    if (properties.major < LEAST_MAJOR) {
        snprintf(message, message_bytes,
                 "CUDA device %d (%s) has compute capability %d.%d; at least %d.0 is needed",
                 (int)ordinal, out->name, properties.major, properties.minor, LEAST_MAJOR);
        return ENGINE_UNUSABLE;
    }
    return ENGINE_OK;
}

bool cuda_device_available(char *reason, size_t reason_bytes)
{
    int count;
    cuda_device device;
    return count_devices(&count, reason, reason_bytes) == ENGINE_OK &&
           read_properties(0, &device, reason, reason_bytes) == ENGINE_OK;
}

static engine_status find_device(int32_t ordinal, cuda_device *out, char *message,
                                 size_t message_bytes)
{
    int count;
    const engine_status status = count_devices(&count, message, message_bytes);
    if (status != ENGINE_OK) {
        return status;
    }
    if (ordinal < 0 || ordinal >= count) {
        snprintf(message, message_bytes, "there is no CUDA device %d: this machine has %d",
                 (int)ordinal, count);
        return ENGINE_UNAVAILABLE;
    }
    return read_properties(ordinal, out, message, message_bytes);
}

engine_status cuda_device_open(int32_t ordinal, cuda_device *out, char *message,
                               size_t message_bytes)
{
    const engine_status status = find_device(ordinal, out, message, message_bytes);
    if (status != ENGINE_OK) {
        return status;
    }
    cudaError_t error = cudaDriverGetVersion(&out->driver);
    if (error != cudaSuccess) {
        return fail(message, message_bytes, "cudaDriverGetVersion", error);
    }
    error = cudaSetDevice(ordinal);
    if (error != cudaSuccess) {
        return fail(message, message_bytes, "cudaSetDevice", error);
    }
    /* Loads the kernels, so that the memory of their code counts as taken. */
    error = cuda_kernels_prepare();
    if (error != cudaSuccess) {
        return fail(message, message_bytes, "cuda_kernels_prepare", error);
    }
    size_t free_bytes = 0;
    size_t total_bytes = 0;
    error = cudaMemGetInfo(&free_bytes, &total_bytes);
    if (error != cudaSuccess) {
        return fail(message, message_bytes, "cudaMemGetInfo", error);
    }
    out->available = free_bytes > CUDA_RESERVE_BYTES ? free_bytes - CUDA_RESERVE_BYTES : 0;
    return ENGINE_OK;
}

/* Stores only the first failure, since later ones follow from it. */
static void keep_failure(engine *e, engine_status status, const char *call, const char *name,
                         const char *text)
{
    if (e->failure != ENGINE_OK) {
        return;
    }
    const uint64_t finished = e->ring == NULL ? 0 : cuda_ring_finished(e);
    char where[48] = "before the first step";
    if (finished < e->queued) {
        snprintf(where, sizeof where, "at step %llu", (unsigned long long)finished + 1);
    } else if (finished > 0) {
        snprintf(where, sizeof where, "after step %llu", (unsigned long long)finished);
    }
    e->failure = status;
    snprintf(e->message, sizeof e->message, "%s failed %s: %s (%s)", call, where, name, text);
}

bool cuda_ok(engine *e, const char *call, cudaError_t error)
{
    if (error == cudaSuccess) {
        return true;
    }
    keep_failure(e, error == cudaErrorMemoryAllocation ? ENGINE_NO_MEMORY : ENGINE_FAILED, call,
                 cudaGetErrorName(error), cudaGetErrorString(error));
    cudaGetLastError();
    return false;
}

bool cuda_blas_ok(engine *e, const char *call, cublasStatus_t status)
{
    if (status == CUBLAS_STATUS_SUCCESS) {
        return true;
    }
    keep_failure(e, status == CUBLAS_STATUS_ALLOC_FAILED ? ENGINE_NO_MEMORY : ENGINE_FAILED, call,
                 cublasGetStatusName(status), cublasGetStatusString(status));
    return false;
}

bool cuda_enter(engine *e)
{
    return e->failure == ENGINE_OK && cuda_ok(e, "cudaSetDevice", cudaSetDevice(e->device));
}

engine_status cuda_fail(engine *e, engine_status status, const char *format, ...)
{
    if (e->failure != ENGINE_OK) {
        return ENGINE_FAILED;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(e->message, sizeof e->message, format, arguments);
    va_end(arguments);
    return status;
}
