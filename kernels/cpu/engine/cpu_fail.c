/* Stores the text of an error for engine_api.message. */
#include <stdarg.h>
#include <stdio.h>

#include "cpu_state.h"

engine_status cpu_fail(engine *e, engine_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(e->message, sizeof e->message, format, arguments);
    va_end(arguments);
    return status;
}
