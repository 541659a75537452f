/* The running launch: the state that its threads, scheduler and shared memory share. */
#ifndef CUDA_HOST_RUNNING_H
#define CUDA_HOST_RUNNING_H

#include <functional>

#include "cuda_host_block.h"

namespace cuda_host
{

struct running_launch {
    const launch_shape *shape;
    const std::function<void()> *body;
    block *home;        /* the running block */
    char finding[2048]; /* empty if there is none */
};
extern running_launch now;
extern fiber scheduler; /* the launching thread's: runs if no other can */

/* The running thread; NULL outside of launches. */
extern thread *current;

/* The interval that begins now (shadow_word); `last_epoch` is the latest that began. */
uint32_t next_epoch();
extern uint32_t last_epoch;

/* Ends the launch with a finding: the thread and place, then printf's arguments. Does not
 * return. */
[[noreturn]] void found(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The length of the kernel's name at the start of LAUNCH's arguments. */
int kernel_name_length(const char *text);

} // namespace cuda_host

#endif
