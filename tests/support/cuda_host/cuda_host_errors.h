/* How every call of the fake runtime begins, and how it fails. */
#ifndef CUDA_HOST_ERRORS_H
#define CUDA_HOST_ERRORS_H

#include <mutex>

#include "cuda_host.h"

namespace cuda_host
{

/* Every call of the runtime locks this. */
extern std::recursive_mutex lock;

/* Counts a call that can fail. If the result is not cudaSuccess, the call must return it. */
cudaError_t begin_call();
/* Remembers an error for cudaGetLastError. */
cudaError_t fail(cudaError_t error);
/* Prints the finding and ends the process, or keeps the finding. */
cudaError_t report_finding(const char *text);
/* Forgets all calls, errors and findings; the next finding ends the process. */
void forget_errors();

} // namespace cuda_host

/* The first line of every call. */
#define BEGIN_CALL()                                                                               \
    const std::lock_guard<std::recursive_mutex> held(cuda_host::lock);                             \
    const cudaError_t begun = cuda_host::begin_call();                                             \
    if (begun != cudaSuccess)                                                                      \
    return begun

#endif
