/* How everything in the interpreter fails: a fault ends what ptx_try runs, wherever it is, and
 * leaves a message. One thread at a time. */
#ifndef PTX_FAULT_H
#define PTX_FAULT_H

#include <stddef.h>

/* Runs action(argument). NULL, or the message of the fault that ended it, good until the next. */
const char *ptx_try(void (*action)(void *), void *argument);

_Noreturn void ptx_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As malloc and realloc; a fault if there is no memory. */
void *ptx_allocate(size_t bytes);
void *ptx_reallocate(void *memory, size_t bytes);

#endif
