/* From the queue to the file: what a flush does, and the flusher, the writer's own thread, which
 * flushes in time. Knows nothing of how events enter the queue.
 *
 * Callers hold `io` and not `mutex`, unless stated. Failures latch, so statuses need not be
 * checked. */
#ifndef TBLOG_WRITER_FLUSH_H
#define TBLOG_WRITER_FLUSH_H

#include "tblog/tblog.h"
#include "writer_state.h"

/* Writes what is in memory, to a new file if the current one is full. */
tblog_status writer_write_records(tblog_writer *writer);

/* Does what the options ask for after records are written. */
tblog_status writer_finish_flush(tblog_writer *writer);

/* Does both of these. */
tblog_status writer_flush_records(tblog_writer *writer);

/* Flushes, then ends the file if it has an event: syncs and closes it, and begins the next. */
tblog_status writer_rotate_file(tblog_writer *writer);

/* Calls fsync on the file. */
tblog_status writer_sync_file(tblog_writer *writer);

/* Begins the interval after which memory is flushed; `mutex` is held. */
void writer_start_interval(tblog_writer *writer);

/* Starts the flusher, if the options need one; no mutex is held. 0 or an errno value. */
TBLOG_MUST_CHECK int writer_start_flusher(tblog_writer *writer);

/* Ends the flusher; no mutex is held. */
void writer_end_flusher(tblog_writer *writer);

#endif
