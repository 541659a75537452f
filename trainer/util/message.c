#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "printable.h"

int message_set(char *message, const char *format, ...)
{
    char text[MESSAGE_BYTES]; /* the arguments may be the message itself */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    printable_copy(message, MESSAGE_BYTES, text);
    return -1;
}

int message_join_path(char *out, size_t out_bytes, const char *directory, const char *name,
                      char *message)
{
    const size_t length = strlen(directory);
    const char *separator = length > 0 && directory[length - 1] == '/' ? "" : "/";
    const int written = snprintf(out, out_bytes, "%s%s%s", directory, separator, name);
    if (written < 0 || (size_t)written >= out_bytes) {
        return message_set(message, "the path of %s below %.200s... is too long", name, directory);
    }
    return 0;
}
