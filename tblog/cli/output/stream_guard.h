/* A standard stream that filters its output with terminal_text, also that of the C library. */
#ifndef TBLOG_CLI_STREAM_GUARD_H
#define TBLOG_CLI_STREAM_GUARD_H

#include <stdbool.h>
#include <stdio.h>

#include "tblog/tblog.h"

/* Replaces *stream, to which nothing was printed, by such a stream. Line ends are kept. False
 * without memory. */
TBLOG_MUST_CHECK bool stream_guard(FILE **stream);

#endif
