/* kernels/cuda/between_steps/cuda_sort.h on the host: std::stable_sort in CUB's place, as one
 * launch. */
#include "cuda_sort.h"

#include <algorithm>

#include "cuda_host_errors.h"
#include "cuda_host_runtime.h"
#include "cuda_host_streams.h"

using namespace cuda_host;

extern "C" {

cudaError_t cuda_sort_scratch_bytes(uint32_t count, size_t *bytes)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    *bytes = 256 + count;
    return begin_call();
}

cudaError_t cuda_sort_keys(void *, size_t, const uint64_t *keys, uint64_t *sorted, uint32_t count,
                           cudaStream_t stream)
{
    const std::lock_guard<std::recursive_mutex> held(lock);
    const cudaError_t error = begin_call();
    if (error != cudaSuccess) {
        return error;
    }
    return enqueue(stream, cudaGraphNodeTypeKernel, [=]() {
        count_launch();
        std::copy(keys, keys + count, sorted);
        /* Compares only the high words, as the real one does. */
        std::stable_sort(sorted, sorted + count,
                         [](uint64_t a, uint64_t b) { return a >> 32 < b >> 32; });
        return cudaSuccess;
    });
}

} // extern "C"
