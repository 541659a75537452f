/* What the parts of the fake runtime share: the lock, the beginning of each call, memory's bounds,
 * and operations on streams. */
#ifndef CUDA_HOST_RUNTIME_H
#define CUDA_HOST_RUNTIME_H

#include <functional>
#include <mutex>

#include "cuda_host.h"

namespace cuda_host
{

/* Held by every call of the runtime. */
extern std::recursive_mutex lock;

/* At the head of every call that can fail: counts it; what it has to return, if not
 * cudaSuccess. */
cudaError_t begin_call();
/* Remembers an error for cudaGetLastError. */
cudaError_t fail(cudaError_t error);
/* Ends the process with what was found, or keeps it. */
cudaError_t report_finding(const char *text);
void count_launch();

extern size_t device_memory; /* bytes */

/* Puts an operation on a stream: done at once, or kept for the graph that the stream captures. */
cudaError_t enqueue(cudaStream_t stream, cudaGraphNodeType type,
                    std::function<cudaError_t()> operation);
/* May a call that waits or allocates be made now? It breaks a capture under way. */
cudaError_t end_captures();
bool is_capturing(cudaStream_t stream);
bool streams_are_late();
/* Does what waits on any stream. */
cudaError_t finish_streams();
/* What waits is not done; late is again what the environment says. */
void forget_streams();

} // namespace cuda_host

#endif
