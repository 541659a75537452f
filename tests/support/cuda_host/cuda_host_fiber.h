/* Fibers: one thread of the host switches between their stacks. */
#ifndef CUDA_HOST_FIBER_H
#define CUDA_HOST_FIBER_H

#include <stddef.h>

namespace cuda_host
{

struct fiber {
    void *context;        /* where it resumes, while it does not run */
    unsigned char *stack; /* its lowest byte; the thread's own for the fiber made of a thread */
    size_t stack_bytes;
    void *fake_stack; /* AddressSanitizer's */
};

/* Makes the calling thread a fiber, to switch from and back to. */
void fiber_of_thread(fiber &self);
/* A new fiber, which runs `entry` at the first switch to it; `entry` never returns. `index` shifts
 * the start of its stack, so that the tops of stacks do not share cache lines. The page below the
 * stack is protected: an overflow ends the process instead of reaching another stack. */
void fiber_make(fiber &made, unsigned index, void (*entry)());
/* Resets a fiber to a new one with the same stack. */
void fiber_forget(fiber &made, unsigned index, void (*entry)());
/* Resumes `to`; returns at a switch back to `from`. */
void fiber_switch(fiber &from, fiber &to);
/* The first call that a fiber's entry must make. */
void fiber_entered();

} // namespace cuda_host

#endif
