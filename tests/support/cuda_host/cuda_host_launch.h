/* Between the fake runtime and the threads of a launch. */
#ifndef CUDA_HOST_LAUNCH_H
#define CUDA_HOST_LAUNCH_H

#include <functional>

#include "cuda_host_kernel.h"

namespace cuda_host
{

/* Runs every thread of the launch to its end. Returns NULL or the finding, valid until the next
 * launch. */
const char *run_launch(const launch_shape &shape, const std::function<void()> &body);

} // namespace cuda_host

#endif
