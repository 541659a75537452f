/* From the queue to the file: what a flush does, whoever calls for it, and the writer's own thread,
 * the flusher, which calls for it in time. Knows nothing of how events come into the queue.
 *
 * `io` is held and `mutex` is not, unless it is said. A failure latches, so statuses need not be
 * checked. */
#ifndef TBLOG_WRITER_FLUSH_H
#define TBLOG_WRITER_FLUSH_H

#include "tblog/tblog.h"
#include "writer_state.h"

/* Writes what is in memory, in a next file where the present one is full. */
tblog_status writer_write_records(tblog_writer *writer);

/* What the options want behind that. */
tblog_status writer_finish_flush(tblog_writer *writer);

/* Both. */
tblog_status writer_flush_records(tblog_writer *writer);

/* The same, and ends the file if it has an event: syncs and closes it, and begins the next. */
tblog_status writer_rotate_file(tblog_writer *writer);

/* fsync of the file. */
tblog_status writer_sync_file(tblog_writer *writer);

/* Begins the interval in which what is in memory is to be flushed; `mutex` is held. */
void writer_start_interval(tblog_writer *writer);

/* Starts the flusher, where the options want one; nothing is held. 0 or an errno value. */
TBLOG_MUST_CHECK int writer_start_flusher(tblog_writer *writer);

/* Ends it; nothing is held. */
void writer_end_flusher(tblog_writer *writer);

#endif
