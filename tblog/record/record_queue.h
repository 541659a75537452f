/* Lays payloads out as records (record_format.h) and keeps them in memory, in order, until a
 * record_writer takes all of them. It computes their checksums, so that logging threads need not
 * wait for that. Knows nothing of the payloads' contents. One thread at a time. */
#ifndef TBLOG_RECORD_QUEUE_H
#define TBLOG_RECORD_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "record_format.h"
#include "tblog/tblog.h"

/* All zero is an empty queue. */
typedef struct record_queue {
    byte_buffer records; /* whole, with room for the checksums */
    byte_buffer lasting; /* size_t []: offsets of the records that must not be dropped */
    size_t begun;        /* the offset of the record of record_queue_begin */
} record_queue;

/* Begins a record after the others. The caller appends its payload to the returned buffer, then
 * calls record_queue_end or record_queue_cancel before any other function. NULL without memory.
 * Like byte_buffer_reserve, allocates only if the queue has never been as full. */
TBLOG_MUST_CHECK static inline byte_buffer *record_queue_begin(record_queue *queue)
{
    byte_buffer *records = &queue->records;
    queue->begun = records->size;
    if (!byte_buffer_reserve(records, RECORD_FRAME_BYTES)) {
        return NULL;
    }
    records->size += RECORD_HEADER_BYTES;
    return records;
}

/* Ends the record. `lasting` protects it from record_queue_drop_oldest. 0, or an errno value:
 * ENOMEM, or EMSGSIZE beyond RECORD_PAYLOAD_MAX; the record is then removed. */
TBLOG_MUST_CHECK int record_queue_end(record_queue *queue, bool lasting);

/* Removes the record that was begun. */
static inline void record_queue_cancel(record_queue *queue)
{
    queue->records.size = queue->begun;
}

/* Drops the oldest records that are not lasting until at most `bytes` are left, or only lasting
 * ones. Returns how many it dropped. */
size_t record_queue_drop_oldest(record_queue *queue, size_t bytes);

/* Removes all records; keeps the memory for the next ones. */
void record_queue_clear(record_queue *queue);

/* Frees the memory, the records included. */
void record_queue_free(record_queue *queue);

#endif
