/* The launch that runs: what its threads, their order and their shared memory all know of it. */
#ifndef CUDA_HOST_RUNNING_H
#define CUDA_HOST_RUNNING_H

#include <functional>

#include "cuda_host_block.h"

namespace cuda_host
{

struct running_launch {
    const launch_shape *shape;
    const std::function<void()> *body;
    block *home;        /* of the threads that run */
    char finding[2048]; /* empty as long as there is none */
};
extern running_launch now;
extern fiber scheduler; /* of the thread that launches: runs when nobody else can */

/* The thread that runs, NULL outside of launches. */
extern thread *current;

/* The interval that begins now (shadow_word); `last_epoch` is the latest that began. */
uint32_t next_epoch();
extern uint32_t last_epoch;

/* Ends the launch with a finding: printf's arguments, behind who and where. Does not return. */
[[noreturn]] void found(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Of the kernel at the head of LAUNCH's arguments. */
int kernel_name_length(const char *text);

} // namespace cuda_host

#endif
