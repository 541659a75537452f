/* Fibers: stacks between which one thread of the host switches. */
#ifndef CUDA_HOST_FIBER_H
#define CUDA_HOST_FIBER_H

#include <stddef.h>

namespace cuda_host
{

struct fiber {
    void *context;        /* where it goes on, while it does not run */
    unsigned char *stack; /* its lowest byte; the thread's own for the fiber made of a thread */
    size_t stack_bytes;
    void *fake_stack; /* AddressSanitizer's */
};

/* The fiber of the thread that calls, to switch from and back to. */
void fiber_of_thread(fiber &self);
/* A new one, which runs `entry` (never to return) when it is first switched to. `index` among
 * many sets where its stack begins, so that the tops of stacks do not share cache lines. The page
 * below the stack is closed: an overflow ends the process instead of reaching another stack. */
void fiber_make(fiber &made, unsigned index, void (*entry)());
/* Made anew: whatever it did is forgotten. */
void fiber_forget(fiber &made, unsigned index, void (*entry)());
/* Goes on in `to`; returns when somebody switches back to `from`. */
void fiber_switch(fiber &from, fiber &to);
/* First call of a fiber's entry. */
void fiber_entered();

} // namespace cuda_host

#endif
