/* strerror for any thread. */
#ifndef TBLOG_ERRNO_TEXT_H
#define TBLOG_ERRNO_TEXT_H

#include <stddef.h>

enum { ERRNO_TEXT_BYTES = 128 };

/* Copies the system's text for the errno value to `buffer`, and returns it. */
const char *errno_text(int cause, char buffer[ERRNO_TEXT_BYTES]);

#endif
