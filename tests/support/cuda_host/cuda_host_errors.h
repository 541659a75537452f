/* What every call of the fake runtime begins with, and how one fails. */
#ifndef CUDA_HOST_ERRORS_H
#define CUDA_HOST_ERRORS_H

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
/* No call was made and nothing failed or was found; the next finding ends the process. */
void forget_errors();

} // namespace cuda_host

/* At the head of every call. */
#define BEGIN_CALL()                                                                               \
    const std::lock_guard<std::recursive_mutex> held(cuda_host::lock);                             \
    const cudaError_t begun = cuda_host::begin_call();                                             \
    if (begun != cudaSuccess)                                                                      \
    return begun

#endif
