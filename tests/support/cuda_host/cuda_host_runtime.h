/* Launches of the fake runtime. */
#ifndef CUDA_HOST_RUNTIME_H
#define CUDA_HOST_RUNTIME_H

namespace cuda_host
{

void count_launch();

} // namespace cuda_host

#endif
