/* Errors of the fake runtime, and findings, which are errors of the program. */
#include "cuda_host_errors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string>

namespace cuda_host
{

std::recursive_mutex lock;

namespace
{

struct error_state {
    cudaError_t last_error = cudaSuccess;
    cudaError_t lost = cudaSuccess; /* every call returns it: the context is lost */
    bool keep_findings = false;
    std::string finding;
    uint64_t calls = 0;
    uint64_t failing_call = 0;
    cudaError_t failing_error = cudaSuccess;
};

error_state &errors()
{
    static error_state *state = new error_state();
    return *state;
}

} // namespace

cudaError_t begin_call()
{
    error_state &r = errors();
    r.calls++;
    if (r.lost == cudaSuccess && r.calls == r.failing_call) {
        /* After these the context is lost, as on a device. */
        if (r.failing_error >= cudaErrorIllegalAddress &&
            r.failing_error <= cudaErrorLaunchFailure) {
            r.lost = r.failing_error;
        }
        return fail(r.failing_error);
    }
    return r.lost;
}

cudaError_t fail(cudaError_t error)
{
    if (error != cudaSuccess && error != cudaErrorNotReady) {
        errors().last_error = error;
    }
    return error;
}

cudaError_t report_finding(const char *text)
{
    error_state &r = errors();
    if (!r.keep_findings) {
        fprintf(stderr, "cuda_host: %s\n", text);
        abort();
    }
    r.finding = text;
    r.lost = cudaErrorLaunchFailure;
    return fail(cudaErrorLaunchFailure);
}

void forget_errors()
{
    errors() = error_state();
}

} // namespace cuda_host

using namespace cuda_host;

extern "C" {

void cuda_host_keep_findings(bool keep)
{
    errors().keep_findings = keep;
}

const char *cuda_host_finding(void)
{
    return errors().finding.empty() ? nullptr : errors().finding.c_str();
}

uint64_t cuda_host_calls(void)
{
    return errors().calls;
}

void cuda_host_fail_call(uint64_t call, cudaError_t error)
{
    error_state &r = errors();
    r.failing_call = call == 0 ? 0 : r.calls + call;
    r.failing_error = error;
}

static const struct {
    cudaError_t error;
    const char *name;
    const char *text;
} ERRORS[] = {
    {cudaSuccess, "cudaSuccess", "no error"},
    {cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument"},
    {cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory"},
    {cudaErrorInitializationError, "cudaErrorInitializationError", "initialization error"},
    {cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration",
     "invalid configuration argument"},
    {cudaErrorInsufficientDriver, "cudaErrorInsufficientDriver",
     "CUDA driver version is insufficient for CUDA runtime version"},
    {cudaErrorDevicesUnavailable, "cudaErrorDevicesUnavailable",
     "CUDA-capable device(s) is/are busy or unavailable"},
    {cudaErrorNoKernelImageForDevice, "cudaErrorNoKernelImageForDevice",
     "no kernel image is available for execution on the device"},
    {cudaErrorNoDevice, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
    {cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    {cudaErrorNotReady, "cudaErrorNotReady", "device not ready"},
    {cudaErrorIllegalAddress, "cudaErrorIllegalAddress",
     "an illegal memory access was encountered"},
    {cudaErrorLaunchFailure, "cudaErrorLaunchFailure", "unspecified launch failure"},
    {cudaErrorStreamCaptureUnsupported, "cudaErrorStreamCaptureUnsupported",
     "operation not permitted when stream is capturing"},
    {cudaErrorStreamCaptureInvalidated, "cudaErrorStreamCaptureInvalidated",
     "operation failed due to a previous error during capture"},
};

const char *cudaGetErrorName(cudaError_t error)
{
    for (const auto &e : ERRORS) {
        if (e.error == error) {
            return e.name;
        }
    }
    return "cudaErrorUnknown";
}

const char *cudaGetErrorString(cudaError_t error)
{
    for (const auto &e : ERRORS) {
        if (e.error == error) {
            return e.text;
        }
    }
    return "unknown error";
}

cudaError_t cudaGetLastError(void)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    error_state &r = errors();
    const cudaError_t error = r.last_error;
    r.last_error = r.lost;
    return error;
}

} // extern "C"
