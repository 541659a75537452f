/* Writes batches of records, taken from a record_queue, to a sink. One thread at a time.
 *
 * The invariant: behind a flush that failed, the file ends with a whole record, and the records
 * that are not in it are still in memory, in order. So a later flush may go on, and nothing is
 * ever written twice. Where even cutting the torn record off failed, the next flush begins with
 * that. */
#ifndef TBLOG_RECORD_WRITER_H
#define TBLOG_RECORD_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "record_queue.h"
#include "sink.h"
#include "tblog/tblog.h"

typedef struct record_writer {
    record_sink *sink;   /* the caller's */
    byte_buffer batch;   /* records that are not in the file */
    bool has_checksums;  /* the batch */
    uint64_t file_bytes; /* size of the whole records in the file */
    bool torn;           /* there may be bytes behind them */
} record_writer;

/* Fills in both checksums of each of the whole records in records[bytes], as record_queue lays them
 * out. */
void record_add_checksums(uint8_t *records, size_t bytes);

/* For a sink whose file is empty. */
void record_writer_init(record_writer *writer, record_sink *sink);

/* Takes the queue's records as the batch and leaves the queue empty. Only where the batch is empty:
 * two buffers change places, so this is quick whatever they hold. */
void record_writer_take(record_writer *writer, record_queue *queue);

/* Writes the whole batch. 0, or the errno value of the sink's failure (EIO for a write that takes
 * nothing). EINTR is retried. */
TBLOG_MUST_CHECK int record_writer_flush(record_writer *writer);

/* Forgets what is left of the batch behind a flush that failed. */
void record_writer_discard(record_writer *writer);

/* Frees the memory, the batch included; the sink stays open. */
void record_writer_free(record_writer *writer);

#endif
