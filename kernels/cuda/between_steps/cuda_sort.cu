#include "cuda_sort.h"

#include <cub/device/device_radix_sort.cuh>

enum { FIRST_BIT = 32, END_BIT = 64 };

cudaError_t cuda_sort_scratch_bytes(uint32_t count, size_t *bytes)
{
    const uint64_t *keys = nullptr;
    uint64_t *sorted = nullptr;
    *bytes = 0;
    return cub::DeviceRadixSort::SortKeys(nullptr, *bytes, keys, sorted, count, FIRST_BIT, END_BIT);
}

cudaError_t cuda_sort_keys(void *scratch, size_t scratch_bytes, const uint64_t *keys,
                           uint64_t *sorted, uint32_t count, cudaStream_t stream)
{
    return cub::DeviceRadixSort::SortKeys(scratch, scratch_bytes, keys, sorted, count, FIRST_BIT,
                                          END_BIT, stream);
}
