/* Writes batches of records, taken from a record_queue, to a sink. One thread at a time.
 *
 * Invariant: after a failed flush, the file ends with a whole record, and the records that are not
 * in it are still in memory, in order. So a later flush can continue, and nothing is written twice.
 * If cutting off the torn record failed too, the next flush begins with that. */
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
    byte_buffer batch;   /* records that are not yet in the file */
    bool has_checksums;  /* the batch has them */
    uint64_t file_bytes; /* size of the whole records in the file */
    bool torn;           /* the file may have bytes after these records */
} record_writer;

/* Fills in both checksums of each of the whole records in records[bytes], as record_queue lays them
 * out. */
void record_add_checksums(uint8_t *records, size_t bytes);

/* For a sink whose file is empty. */
void record_writer_init(record_writer *writer, record_sink *sink);

/* Makes the queue's records the batch and leaves the queue empty. The batch must be empty: the two
 * buffers are swapped, which takes constant time. */
void record_writer_take(record_writer *writer, record_queue *queue);

/* Writes the whole batch. 0, or the errno value of the sink's failure (EIO for a write that takes
 * nothing). EINTR is retried. */
TBLOG_MUST_CHECK int record_writer_flush(record_writer *writer);

/* Discards the rest of the batch after a failed flush. */
void record_writer_discard(record_writer *writer);

/* Frees the memory, the batch included; the sink stays open. */
void record_writer_free(record_writer *writer);

#endif
