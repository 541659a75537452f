/* Memory of the fake device and pinned memory. Both are host memory, filled with NaN, so that reads
 * of unwritten values show. */
#include "cuda_host_memory.h"

#include <algorithm>
#include <limits.h>
#include <malloc.h>
#include <map>
#include <memory>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vector>

#include "cuda_host_errors.h"
#include "cuda_host_launcher.h"
#include "cuda_host_streams.h"

namespace cuda_host
{

size_t device_memory = size_t(8) << 30;

namespace
{

struct allocation {
    size_t bytes;
    bool on_device;
};

std::map<const unsigned char *, allocation> &allocations()
{
    static auto *all = new std::map<const unsigned char *, allocation>();
    return *all;
}

size_t used;

/* The process keeps freed memory. Otherwise a test of many runs would spend most of its time on
 * getting memory from the system. */
__attribute__((constructor)) void keep_freed_memory()
{
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

cudaError_t allocate(void **place, size_t bytes, bool on_device)
{
    *place = nullptr;
    if (bytes == 0) {
        return cudaSuccess;
    }
    if (on_device && (bytes > device_memory || used > device_memory - bytes)) {
        return fail(cudaErrorMemoryAllocation);
    }
    void *memory = nullptr;
    /* Aligned as by CUDA; AddressSanitizer's red zone begins right after the last byte. */
    if (posix_memalign(&memory, 256, bytes) != 0) {
        return fail(cudaErrorMemoryAllocation);
    }
    memset(memory, 0xff, bytes);
    allocations()[static_cast<unsigned char *>(memory)] = {bytes, on_device};
    used += on_device ? bytes : 0;
    *place = memory;
    return cudaSuccess;
}

cudaError_t release(void *place, bool on_device)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    const cudaError_t begun = begin_call();
    if (place == nullptr) {
        return begun;
    }
    const auto found = allocations().find(static_cast<unsigned char *>(place));
    if (found == allocations().end() || found->second.on_device != on_device) {
        return fail(cudaErrorInvalidValue);
    }
    const cudaError_t error = begun != cudaSuccess ? begun : finish_streams();
    used -= on_device ? found->second.bytes : 0;
    allocations().erase(found);
    free(place);
    return error;
}

/* The allocation that contains a place, or the end. */
std::map<const unsigned char *, allocation>::const_iterator holder_of(const void *place)
{
    const unsigned char *begin = static_cast<const unsigned char *>(place);
    auto next = allocations().upper_bound(begin);
    if (next == allocations().begin()) {
        return allocations().end();
    }
    --next;
    return begin < next->first + next->second.bytes ? next : allocations().end();
}

/* What is wrong with a copy or a memset at a place, or NULL. */
const char *check_range(const char *call, const void *place, size_t bytes, bool on_device)
{
    static char text[256];
    const auto holder = holder_of(place);
    if (holder == allocations().end() || holder->second.on_device != on_device) {
        if (!on_device && holder == allocations().end()) {
            return nullptr; /* other host memory is not checked */
        }
        snprintf(text, sizeof text, "%s reaches for %p, which is no %s memory", call, place,
                 on_device ? "device" : "host");
        return text;
    }
    const size_t at =
        static_cast<size_t>(static_cast<const unsigned char *>(place) - holder->first);
    if (bytes <= holder->second.bytes - at) {
        return nullptr;
    }
    snprintf(text, sizeof text, "%s reaches for bytes %zu to %zu of an allocation of %zu", call, at,
             at + bytes, holder->second.bytes);
    return text;
}

} // namespace

} // namespace cuda_host

using namespace cuda_host;

extern "C" {

void cuda_host_set_memory(size_t bytes)
{
    device_memory = bytes;
}

size_t cuda_host_memory_used(void)
{
    return used;
}

cuda_host_memory cuda_host_memory_at(const void *place)
{
    const auto holder = holder_of(place);
    return holder == allocations().end() ? cuda_host_memory{nullptr, 0}
                                         : cuda_host_memory{holder->first, holder->second.bytes};
}

cudaError_t cudaMalloc(void **place, size_t bytes)
{
    BEGIN_CALL();
    const cudaError_t error = end_captures();
    return error != cudaSuccess ? error : allocate(place, bytes, true);
}

/* Waits for the device, as CUDA's does. */
cudaError_t cudaFree(void *place)
{
    return release(place, true);
}

cudaError_t cudaMallocHost(void **place, size_t bytes)
{
    BEGIN_CALL();
    const cudaError_t error = end_captures();
    return error != cudaSuccess ? error : allocate(place, bytes, false);
}

cudaError_t cudaHostAlloc(void **place, size_t bytes, unsigned)
{
    return cudaMallocHost(place, bytes);
}

cudaError_t cudaFreeHost(void *place)
{
    return release(place, false);
}

cudaError_t cudaMemGetInfo(size_t *available, size_t *total)
{
    BEGIN_CALL();
    *available = device_memory > used ? device_memory - used : 0;
    *total = device_memory;
    return cudaSuccess;
}

static cudaError_t copy(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind,
                        cudaStream_t stream)
{
    if (bytes == 0) {
        return cudaSuccess;
    }
    const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    /* CUDA reads memory that is not pinned before the call returns. */
    std::shared_ptr<std::vector<unsigned char>> staged;
    if (kind == cudaMemcpyHostToDevice && streams_are_late() && !is_capturing(stream) &&
        holder_of(from) == allocations().end()) {
        const unsigned char *begin = static_cast<const unsigned char *>(from);
        staged = std::make_shared<std::vector<unsigned char>>(begin, begin + bytes);
    }
    return enqueue(stream, cudaGraphNodeTypeMemcpy, [=]() {
        const bool told = kind != cudaMemcpyDefault;
        const char *finding = told ? check_range("cudaMemcpy", to, bytes, to_device) : nullptr;
        if (finding == nullptr && told) {
            finding = check_range("cudaMemcpy", from, bytes, from_device);
        }
        if (finding != nullptr) {
            return report_finding(finding);
        }
        memmove(to, staged != nullptr ? staged->data() : from, bytes);
        return cudaSuccess;
    });
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind,
                            cudaStream_t stream)
{
    BEGIN_CALL();
    return copy(to, from, bytes, kind, stream);
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind)
{
    BEGIN_CALL();
    const cudaError_t error = end_captures();
    return error != cudaSuccess ? error : copy(to, from, bytes, kind, nullptr);
}

static cudaError_t set(void *place, int value, size_t bytes, cudaStream_t stream)
{
    if (bytes == 0) {
        return cudaSuccess;
    }
    return enqueue(stream, cudaGraphNodeTypeMemset, [=]() {
        const char *finding = bytes == 0 ? nullptr : check_range("cudaMemset", place, bytes, true);
        if (finding != nullptr) {
            return report_finding(finding);
        }
        memset(place, value, bytes);
        return cudaSuccess;
    });
}

cudaError_t cudaMemsetAsync(void *place, int value, size_t bytes, cudaStream_t stream)
{
    BEGIN_CALL();
    return set(place, value, bytes, stream);
}

cudaError_t cudaMemset(void *place, int value, size_t bytes)
{
    BEGIN_CALL();
    const cudaError_t error = end_captures();
    return error != cudaSuccess ? error : set(place, value, bytes, nullptr);
}

} // extern "C"
