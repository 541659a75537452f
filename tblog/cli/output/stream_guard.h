/* A standard stream that prints as terminal_text whatever it is given, by the C library too. */
#ifndef TBLOG_CLI_STREAM_GUARD_H
#define TBLOG_CLI_STREAM_GUARD_H

#include <stdbool.h>
#include <stdio.h>

#include "tblog/tblog.h"

/* Puts such a stream in the place of *stream, on which nothing has been printed. Line ends are
 * printed as they are. False without memory. */
TBLOG_MUST_CHECK bool stream_guard(FILE **stream);

#endif
