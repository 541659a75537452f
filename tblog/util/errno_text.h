/* What the system says of an errno value, by any thread. */
#ifndef TBLOG_ERRNO_TEXT_H
#define TBLOG_ERRNO_TEXT_H

#include <stddef.h>

enum { ERRNO_TEXT_BYTES = 128 };

/* Puts the text into `buffer`, which is returned. */
const char *errno_text(int cause, char buffer[ERRNO_TEXT_BYTES]);

#endif
