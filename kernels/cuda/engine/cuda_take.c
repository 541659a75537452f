/* Allocates and frees the run's device memory. */
#include <stdlib.h>
#include <string.h>

#include "cuda_state.h"

static void *allocate(void *taker, uint64_t bytes)
{
    engine *e = taker;
    void *memory = NULL;
    if (e->allocation_count == CUDA_MAX_ALLOCATIONS ||
        !cuda_ok(e, "cudaMalloc", cudaMalloc(&memory, (size_t)bytes))) {
        return NULL;
    }
    e->allocations[e->allocation_count++] = memory;
    return memory;
}

static void *cut(void *taker, uint64_t bytes)
{
    char **rest = taker;
    void *memory = *rest;
    *rest += bytes;
    return memory;
}

bool cuda_memory_take(engine *e)
{
    const char *how = getenv("LENET_DEVICE_MEMORY");
    if (how != NULL && strcmp(how, "parts") == 0) {
        return cuda_memory_place(&e->memory, allocate, e);
    }
    char *rest = allocate(e, e->plan.memory.total);
    return rest != NULL && cuda_memory_place(&e->memory, cut, &rest);
}

void cuda_memory_release(engine *e)
{
    for (uint32_t i = e->allocation_count; i > 0; i--) {
        cudaFree(e->allocations[i - 1]);
    }
    e->allocation_count = 0;
}
