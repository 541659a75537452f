/* One of a run's directories with event files: its writer, and the points of its earlier files.
 * These are never logged again (log_part_has). */
#ifndef TRAINER_LOG_PART_H
#define TRAINER_LOG_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tblog/tblog.h>

#include "logged_points.h"
#include "must_check.h"
#include "run_log_head.h"

/* All zero is closed. */
typedef struct log_part {
    tblog_writer *writer; /* NULL until it is opened */
    logged_points logged;
} log_part;

/* Reads the event files of head->past, if there is one, in directory/part (run_parts). Changes
 * nothing. 0, or -1 with a message [MESSAGE_BYTES] and the part closed. */
MUST_CHECK int log_part_read(log_part *out, const char *directory, const char *part,
                             const run_log_head *head, char *message);

/* Makes a new event file there, after log_part_read. 0, or -1 with a message; likewise below. */
MUST_CHECK int log_part_open(log_part *self, const char *directory, const char *part,
                             char *message);

/* Do the earlier files have the tag at this step or later? Call it before logging anything but
 * scalars. */
bool log_part_has(const log_part *part, const char *tag, int64_t step);

/* Logs those of the scalars whose tags are not logged up to this step. */
MUST_CHECK int log_part_add_scalars(log_part *part, int64_t step, const tblog_scalar *scalars,
                                    size_t count, char *message);

/* flush passes everything to the kernel; sync also writes it to the disk. */
MUST_CHECK int log_part_flush(log_part *part, char *message);
MUST_CHECK int log_part_sync(log_part *part, char *message);

/* Flushes, closes and frees in every case; the message names the first error. */
MUST_CHECK int log_part_close(log_part *part, char *message);

#endif
