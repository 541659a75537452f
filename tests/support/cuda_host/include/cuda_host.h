/* What tests ask of the fake CUDA on the host (README.md of this folder): in which order threads
 * run, what was found, how much memory the device has, which call fails. One thread at a time. */
#ifndef CUDA_HOST_H
#define CUDA_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuda_runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Everything as at the start: order, findings, limits, counts, failures. Memory stays. */
void cuda_host_reset(void);

/* In which order threads run between barriers, blocks of a launch, the nodes of a graph, and, where
 * streams are late, these: side branches and the streams that nobody waits for as early as edges
 * and events allow, as late, or anyhow. At the start that is what
 * the environment's CUDA_HOST_ORDER says: "ascending" (also without it), "descending" or a number,
 * the seed of a shuffled order. */
typedef enum cuda_host_order {
    CUDA_HOST_ASCENDING,
    CUDA_HOST_DESCENDING,
    CUDA_HOST_SHUFFLED
} cuda_host_order;
void cuda_host_set_order(cuda_host_order order, uint64_t seed);

/* Late streams do nothing before somebody waits for them (a query does one operation), so that
 * a missing wait shows in what is read. At the start: late where the environment has
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

/* Bytes of memory that the device has, at first 8 GiB; and those in use. */
void cuda_host_set_memory(size_t bytes);
size_t cuda_host_memory_used(void);

/* Bytes of shared memory that a block may have at most, at first the 227 KiB of sm_90. */
void cuda_host_set_shared_memory(size_t bytes);

/* The newest CUDA that the driver supports, at first CUDART_VERSION; 0 is no driver. */
void cuda_host_set_driver(int version);

/* Calls of the runtime that could fail on a device, since the start; call number `call` from now
 * on (1 is the next) gives `error` and does nothing; 0 takes it back. After an error of the
 * device's (cudaErrorIllegalAddress … cudaErrorLaunchFailure) so do all calls, until
 * cuda_host_reset. Destroying and freeing work in any case. */
uint64_t cuda_host_calls(void);
void cuda_host_fail_call(uint64_t call, cudaError_t error);

#ifdef __cplusplus
}
#endif

#endif
