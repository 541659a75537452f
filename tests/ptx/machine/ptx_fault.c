#include "ptx_fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static jmp_buf *handler;
static char message[2048];

const char *ptx_try(void (*action)(void *), void *argument)
{
    jmp_buf here;
    jmp_buf *const outer = handler;
    handler = &here;
    const char *fault = NULL;
    if (setjmp(here) == 0) {
        action(argument);
    } else {
        fault = message;
    }
    handler = outer;
    return fault;
}

void ptx_fault(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (handler == NULL) {
        fprintf(stderr, "ptx: %s\n", message);
        abort();
    }
    longjmp(*handler, 1);
}

void *ptx_allocate(size_t bytes)
{
    return ptx_reallocate(NULL, bytes);
}

void *ptx_reallocate(void *memory, size_t bytes)
{
    void *const grown = realloc(memory, bytes > 0 ? bytes : 1);
    if (grown == NULL) {
        ptx_fault("no memory for %zu bytes", bytes);
    }
    return grown;
}
