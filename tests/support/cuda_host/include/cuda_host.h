/* How tests control the fake CUDA on the host (README.md of the folder above): the order of
 * threads, findings, the device's memory, failing calls. Not thread-safe. */
#ifndef CUDA_HOST_H
#define CUDA_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuda_runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Resets everything to the start: order, findings, limits, counts, failures. Memory stays. */
void cuda_host_reset(void);

/* The order of threads between barriers, of the blocks of a launch, of a graph's nodes, and of late
 * streams. Side branches, and streams that the host does not wait for, run as early as edges and
 * events allow (ascending), as late as they allow (descending), or in a random order. At the start
 * the environment's CUDA_HOST_ORDER decides: "ascending" (the default), "descending" or a number,
 * the seed of a shuffled order. */
typedef enum cuda_host_order {
    CUDA_HOST_ASCENDING,
    CUDA_HOST_DESCENDING,
    CUDA_HOST_SHUFFLED
} cuda_host_order;
void cuda_host_set_order(cuda_host_order order, uint64_t seed);

/* Late streams do nothing before the host waits for them (a query does one operation), so that a
 * missing wait changes what is read. At the start streams are late if the environment has
 * CUDA_HOST_LATE. */
void cuda_host_set_late(bool late);

/* A finding ends its launch. It is printed and ends the process, unless findings are kept: then
 * the launch fails with cudaErrorLaunchFailure, and so do all calls until cuda_host_reset. */
void cuda_host_keep_findings(bool keep);
/* The finding that was kept, or NULL. */
const char *cuda_host_finding(void);

/* Kernels run since the start, those of graphs included. */
uint64_t cuda_host_launches(void);

/* The last kernel that was launched although neither load_kernel nor raise_shared_limit had been
 * called for it, or NULL. A device would load it then, which may make other streams wait. */
const char *cuda_host_unloaded(void);

/* Sets the device's memory, at first 8 GiB; and returns the bytes in use. */
void cuda_host_set_memory(size_t bytes);
size_t cuda_host_memory_used(void);

/* Bytes of shared memory that a block may have at most, at first the 227 KiB of sm_90. */
void cuda_host_set_shared_memory(size_t bytes);

/* The newest CUDA that the driver supports, at first CUDART_VERSION; 0 is no driver. */
void cuda_host_set_driver(int version);

/* cuda_host_calls counts the runtime's calls that could fail on a device, since the start.
 * cuda_host_fail_call makes call number `call` from now on (1 is the next) return `error` and do
 * nothing; 0 cancels that. After a device error (cudaErrorIllegalAddress … cudaErrorLaunchFailure)
 * all later calls fail too, until cuda_host_reset. Destroying and freeing always work. */
uint64_t cuda_host_calls(void);
void cuda_host_fail_call(uint64_t call, cudaError_t error);

#ifdef __cplusplus
}
#endif

#endif
