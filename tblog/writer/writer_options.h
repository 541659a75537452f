/* A writer's options: what the caller gave over the defaults, checked before a file is made. Knows
 * nothing of what the writer does with them. */
#ifndef TBLOG_WRITER_OPTIONS_H
#define TBLOG_WRITER_OPTIONS_H

#include <stdbool.h>

#include "tblog/tblog.h"

/* Sets every option: to the caller's where `options`, which may be NULL, has it, else to the
 * default. `file_suffix` is never NULL then; a NULL `clock` is the system's. Strings stay the
 * caller's. False where an option is refused. */
TBLOG_MUST_CHECK bool writer_options_resolve(tblog_writer_options *resolved,
                                             const tblog_writer_options *options);

/* The clock of resolved options, the system's by default. */
tblog_clock writer_options_clock(const tblog_writer_options *resolved);

/* Seconds since the epoch by the clock of resolved options. */
double writer_options_wall_time(const tblog_writer_options *resolved);

#endif
