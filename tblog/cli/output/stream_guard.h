/* A standard stream that filters its output with terminal_text, also that of the C library. */
#ifndef TBLOG_CLI_STREAM_GUARD_H
#define TBLOG_CLI_STREAM_GUARD_H

#include <stdbool.h>
#include <stdio.h>

#include "tblog/tblog.h"

/* Puts such a stream in the place of *stream, on which nothing has been printed. Line ends are
 * printed as they are. False without memory. */
TBLOG_MUST_CHECK bool stream_guard(FILE **stream);

#endif
