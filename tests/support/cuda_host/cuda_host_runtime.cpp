/* The device and launches of the fake runtime. */
#include "cuda_host_runtime.h"

#include <algorithm>
#include <map>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string>

#include "cuda_host_errors.h"
#include "cuda_host_launch.h"
#include "cuda_host_launcher.h"
#include "cuda_host_memory.h"
#include "cuda_host_running.h"
#include "cuda_host_schedule.h"
#include "cuda_host_streams.h"

namespace cuda_host
{

namespace
{

const int MULTIPROCESSORS = 132;
const size_t SHARED_BYTES = 48 << 10;
const size_t SHARED_OPTIN_BYTES = 227 << 10;

struct runtime_state {
    std::map<const void *, size_t> shared_limits; /* of the kernels that are loaded */
    std::string unloaded; /* a kernel that was launched and not loaded before */
    uint64_t launches = 0;
    bool order_is_set = false;
    cuda_host_launcher *launcher = nullptr;
    size_t shared_bytes = SHARED_OPTIN_BYTES; /* that a block may have at most */
    int driver = CUDART_VERSION;
};

runtime_state &runtime()
{
    static runtime_state *state = new runtime_state();
    return *state;
}

void order_of_environment()
{
    const char *text = getenv("CUDA_HOST_ORDER");
    if (text == nullptr || strcmp(text, "ascending") == 0) {
        set_order(CUDA_HOST_ASCENDING, 0);
    } else if (strcmp(text, "descending") == 0) {
        set_order(CUDA_HOST_DESCENDING, 0);
    } else {
        set_order(CUDA_HOST_SHUFFLED, strtoull(text, nullptr, 10));
    }
    runtime().order_is_set = true;
}

bool is_valid(const launch_shape &shape)
{
    const uint64_t threads = uint64_t(shape.block.x) * shape.block.y * shape.block.z;
    return threads >= 1 && threads <= 1024 && shape.block.z <= 64 && shape.grid.x >= 1 &&
           shape.grid.y >= 1 && shape.grid.z >= 1 && shape.grid.y <= 65535 && shape.grid.z <= 65535;
}

} // namespace

void count_launch()
{
    runtime().launches++;
}

cudaError_t raise_limit(const void *kernel, size_t shared_bytes)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    const cudaError_t error = begin_call();
    if (error != cudaSuccess) {
        return error;
    }
    if (shared_bytes > runtime().shared_bytes) {
        return fail(cudaErrorInvalidValue);
    }
    runtime().shared_limits[kernel] = shared_bytes;
    return cudaSuccess;
}

void load(const void *kernel)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    runtime().shared_limits.emplace(kernel, SHARED_BYTES);
}

static std::string kernel_name(const launch_shape &shape)
{
    return std::string(shape.text, static_cast<size_t>(kernel_name_length(shape.text)));
}

static const char *hand_over(cuda_host_launcher *launcher, const launch_shape &shape)
{
    const std::string kernel = kernel_name(shape);
    std::vector<cuda_host_argument> arguments;
    for (const argument &a : shape.arguments) {
        arguments.push_back({a.data(), a.size()});
    }
    const cuda_host_launch handed = {kernel.c_str(),
                                     {shape.grid.x, shape.grid.y, shape.grid.z},
                                     {shape.block.x, shape.block.y, shape.block.z},
                                     shape.shared_bytes,
                                     arguments.data(),
                                     arguments.size()};
    return launcher(&handed);
}

cudaError_t launch(const launch_shape &shape, std::function<void()> thread, cudaStream_t stream)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    const cudaError_t error = begin_call();
    if (error != cudaSuccess) {
        return error;
    }
    runtime_state &r = runtime();
    if (!is_valid(shape)) {
        return fail(cudaErrorInvalidConfiguration);
    }
    const auto limit = r.shared_limits.find(shape.kernel);
    if (limit == r.shared_limits.end()) {
        r.unloaded = kernel_name(shape);
    }
    if (shape.shared_bytes >
        (limit == r.shared_limits.end() ? SHARED_BYTES : std::max(limit->second, SHARED_BYTES))) {
        return fail(cudaErrorInvalidValue);
    }
    return enqueue(stream, cudaGraphNodeTypeKernel, [shape, thread]() {
        count_launch();
        if (!runtime().order_is_set) {
            order_of_environment();
        }
        cuda_host_launcher *const launcher = runtime().launcher;
        const char *found =
            launcher != nullptr ? hand_over(launcher, shape) : run_launch(shape, thread);
        return found == nullptr ? cudaSuccess : report_finding(found);
    });
}

} // namespace cuda_host

using namespace cuda_host;

extern "C" {

void cuda_host_reset(void)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    runtime_state &r = runtime();
    device_memory = size_t(8) << 30;
    r.shared_bytes = SHARED_OPTIN_BYTES;
    r.driver = CUDART_VERSION;
    r.launches = 0;
    r.unloaded.clear();
    forget_errors();
    forget_streams();
    order_of_environment();
}

void cuda_host_set_order(cuda_host_order order, uint64_t seed)
{
    set_order(order, seed);
    runtime().order_is_set = true;
}

void cuda_host_set_shared_memory(size_t bytes)
{
    runtime().shared_bytes = bytes;
}

const char *cuda_host_unloaded(void)
{
    const std::string &name = runtime().unloaded;
    return name.empty() ? nullptr : name.c_str();
}

void cuda_host_set_driver(int version)
{
    runtime().driver = version;
}

void cuda_host_set_launcher(cuda_host_launcher *launcher)
{
    runtime().launcher = launcher;
}

uint64_t cuda_host_launches(void)
{
    return runtime().launches;
}

cudaError_t cudaDriverGetVersion(int *version)
{
    BEGIN_CALL();
    *version = runtime().driver;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int *count)
{
    BEGIN_CALL();
    *count = 1;
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device)
{
    BEGIN_CALL();
    return device == 0 ? cudaSuccess : fail(cudaErrorInvalidDevice);
}

/* The figures of an H100. */
cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *properties, int device)
{
    BEGIN_CALL();
    if (device != 0) {
        return fail(cudaErrorInvalidDevice);
    }
    *properties = cudaDeviceProp();
    snprintf(properties->name, sizeof properties->name, "host harness");
    properties->major = 9;
    properties->minor = 0;
    properties->multiProcessorCount = MULTIPROCESSORS;
    return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize(void)
{
    BEGIN_CALL();
    const cudaError_t error = end_captures();
    return error != cudaSuccess ? error : finish_streams();
}

} // extern "C"
