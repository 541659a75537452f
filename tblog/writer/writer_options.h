/* A writer's options: the caller's over the defaults, checked before a file is created. Knows
 * nothing of their use. */
#ifndef TBLOG_WRITER_OPTIONS_H
#define TBLOG_WRITER_OPTIONS_H

#include <stdbool.h>

#include "tblog/tblog.h"

/* Sets every option to that of `options`, which may be NULL, or to its default. `file_suffix` is
 * then never NULL; a NULL `clock` means the system's. Strings still belong to the caller. False if
 * an option is refused. */
TBLOG_MUST_CHECK bool writer_options_resolve(tblog_writer_options *resolved,
                                             const tblog_writer_options *options);

/* The clock of resolved options, the system's by default. */
tblog_clock writer_options_clock(const tblog_writer_options *resolved);

/* Seconds since the epoch by the clock of resolved options. */
double writer_options_wall_time(const tblog_writer_options *resolved);

#endif
