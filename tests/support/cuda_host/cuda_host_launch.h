/* Between the fake runtime and the threads of a launch. */
#ifndef CUDA_HOST_LAUNCH_H
#define CUDA_HOST_LAUNCH_H

#include <functional>

#include "cuda_host.h"
#include "cuda_host_kernel.h"

namespace cuda_host
{

struct block;

/* Runs every thread of the launch to its end; NULL, or what was found, good until the next. */
const char *run_launch(const launch_shape &shape, const std::function<void()> &body);

/* Of the kernel at the head of LAUNCH's arguments. */
int kernel_name_length(const char *text);

/* One of `count` that could come next, by the order: the first, the last, or any. */
size_t choose_of(size_t count);

void set_order(cuda_host_order which, uint64_t seed);

/* Fresh shared memory, of NaN, that nobody has touched. */
void prepare_shared(block &b, size_t bytes);

} // namespace cuda_host

#endif
