/* For another program that runs the kernels: the harness keeps streams, graphs and memory, and
 * passes on each launch when it is due. */
#ifndef CUDA_HOST_LAUNCHER_H
#define CUDA_HOST_LAUNCHER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cuda_host_argument {
    const void *bytes;
    size_t size;
} cuda_host_argument;

typedef struct cuda_host_launch {
    const char *kernel; /* as the source has it: `head`, `conv_forward<ENGINE_TF32>` */
    uint32_t grid[3];
    uint32_t block[3];
    size_t shared_bytes;
    const cuda_host_argument *arguments; /* [argument_count] */
    size_t argument_count;
} cuda_host_launch;

/* Runs a launch to its end. Returns NULL or the finding, valid until the next launch. */
typedef const char *cuda_host_launcher(const cuda_host_launch *launch);

/* NULL: the harness runs the kernels itself, as at the start. cuda_host_reset does not change
 * it. */
void cuda_host_set_launcher(cuda_host_launcher *launcher);

/* Memory that cudaMalloc or cudaHostAlloc gave. */
typedef struct cuda_host_memory {
    const unsigned char *begin;
    size_t bytes;
} cuda_host_memory;

/* The allocation that contains a place; NULL and 0 if none does. */
cuda_host_memory cuda_host_memory_at(const void *place);

#ifdef __cplusplus
}
#endif

#endif
