/* Which thread runs next, and in which order all else comes that has none of its own. */
#ifndef CUDA_HOST_SCHEDULE_H
#define CUDA_HOST_SCHEDULE_H

#include <vector>

#include "cuda_host.h"
#include "cuda_host_block.h"

namespace cuda_host
{

void set_order(cuda_host_order which, uint64_t seed);

/* One of `count` that could come next, by the order: the first, the last, or any. */
size_t choose_of(size_t count);

void make_ready(block &home, unsigned warp_number, uint32_t lanes);
/* The thread that runs next, no longer among those ready; NULL if none can. It is of that warp if
 * the order has nothing against it. */
thread *take_next(unsigned warp_number);
/* Everything that a thread sees becomes that one's; a switch to it follows. */
void become(thread *next);
/* Somebody else runs until this thread is chosen again. */
void let_others_run(unsigned warp_number);
std::vector<uint32_t> order_of_blocks(uint32_t count);

} // namespace cuda_host

#endif
