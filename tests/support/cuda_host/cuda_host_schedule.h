/* Chooses which thread runs next, and the order of everything else that CUDA leaves unordered. */
#ifndef CUDA_HOST_SCHEDULE_H
#define CUDA_HOST_SCHEDULE_H

#include <vector>

#include "cuda_host.h"
#include "cuda_host_block.h"

namespace cuda_host
{

void set_order(cuda_host_order which, uint64_t seed);

/* Chooses one of `count` candidates by the order: the first, the last, or any. */
size_t choose_of(size_t count);

void make_ready(block &home, unsigned warp_number, uint32_t lanes);
/* Removes the next thread from those that are ready, and returns it; NULL if none is. It is of that
 * warp if the order permits. */
thread *take_next(unsigned warp_number);
/* Sets what a thread sees, such as threadIdx, for `next`. A switch to it must follow. */
void become(thread *next);
/* Runs other threads until this one is chosen again. */
void let_others_run(unsigned warp_number);
std::vector<uint32_t> order_of_blocks(uint32_t count);

} // namespace cuda_host

#endif
