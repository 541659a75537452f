/* One of the directories of a run that have event files: its writer, and what its files held before
 * this one. What is there already is never logged again: log_part_has knows it. */
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

/* Reads what the files in directory/part (run_parts) hold of head->past, if there is one. Changes
 * nothing. 0, or -1 with a message [MESSAGE_BYTES] and the part closed. */
MUST_CHECK int log_part_read(log_part *out, const char *directory, const char *part,
                             const run_log_head *head, char *message);

/* Makes a new event file there, after that. 0, or -1 with a message; so below. */
MUST_CHECK int log_part_open(log_part *self, const char *directory, const char *part,
                             char *message);

/* Whether the files of before have the tag at this step or beyond. Asked before anything but
 * scalars is logged. */
bool log_part_has(const log_part *part, const char *tag, int64_t step);

/* Logs those of the scalars whose tags are not logged up to this step. */
MUST_CHECK int log_part_add_scalars(log_part *part, int64_t step, const tblog_scalar *scalars,
                                    size_t count, char *message);

/* Hands everything to the kernel, or also to the disk. */
MUST_CHECK int log_part_flush(log_part *part, char *message);
MUST_CHECK int log_part_sync(log_part *part, char *message);

/* Flushes, closes and frees in every case; the message names the first error. */
MUST_CHECK int log_part_close(log_part *part, char *message);

#endif
