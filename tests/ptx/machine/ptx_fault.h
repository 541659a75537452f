/* How everything in the interpreter fails: a fault ends the action that ptx_try runs, at any depth,
 * and leaves a message. Not thread-safe. */
#ifndef PTX_FAULT_H
#define PTX_FAULT_H

#include <stddef.h>

/* Runs action(argument). Returns NULL, or the message of the fault that ended it, valid until the
 * next fault. */
const char *ptx_try(void (*action)(void *), void *argument);

_Noreturn void ptx_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Like malloc and realloc; a fault if there is no memory. */
void *ptx_allocate(size_t bytes);
void *ptx_reallocate(void *memory, size_t bytes);

#endif
