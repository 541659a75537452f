#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int message_set(char *message, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, MESSAGE_BYTES, format, arguments);
    va_end(arguments);
    return -1;
}

int message_join_path(char *out, size_t out_bytes, const char *directory, const char *name,
                      char *message)
{
    const size_t length = strlen(directory);
    const char *separator = length > 0 && directory[length - 1] == '/' ? "" : "/";
    const int written = snprintf(out, out_bytes, "%s%s%s", directory, separator, name);
    if (written < 0 || (size_t)written >= out_bytes) {
        return message_set(message, "the path of %s below %.200s… is too long", name, directory);
    }
    return 0;
}
