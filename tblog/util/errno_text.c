#include "errno_text.h"

#include <stdio.h>
#include <string.h>

const char *errno_text(int cause, char buffer[ERRNO_TEXT_BYTES])
{
    if (strerror_r(cause, buffer, ERRNO_TEXT_BYTES) != 0) {
        snprintf(buffer, ERRNO_TEXT_BYTES, "error %d", cause);
    }
    return buffer;
}
