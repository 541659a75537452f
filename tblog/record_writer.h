/* Frames payloads as records (record_format.h), keeps them in memory and writes them to a sink.
 * Knows nothing of what the payloads are. One thread at a time.
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
#include "sink.h"

typedef struct record_writer {
    record_sink *sink;     /* the caller's */
    byte_buffer pending;   /* framed records that are not in the file */
    uint64_t file_bytes;   /* size of the whole records in the file */
    bool torn;             /* there may be bytes behind them */
    size_t last_record_at; /* where in pending the last appended record begins */
} record_writer;

/* For a sink whose file is empty. */
void record_writer_init(record_writer *writer, record_sink *sink);

/* Puts one record behind the pending ones. 0, or an errno value: ENOMEM, or EMSGSIZE beyond
 * RECORD_PAYLOAD_MAX; then nothing has changed. */
__attribute__((warn_unused_result)) int record_writer_append(record_writer *writer,
                                                             const void *payload, size_t bytes);

/* Takes the last appended record out of memory again. Only directly behind a flush that failed,
 * which cannot have written it whole, or behind the append. */
void record_writer_take_back(record_writer *writer);

/* Writes all pending records. 0, or the errno value of the sink's failure (EIO for a write that
 * takes nothing). EINTR is retried. */
__attribute__((warn_unused_result)) int record_writer_flush(record_writer *writer);

/* Frees the memory, pending records included; the sink stays open. */
void record_writer_free(record_writer *writer);

#endif
