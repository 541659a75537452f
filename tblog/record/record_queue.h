/* Lays payloads out as records (record_format.h) and keeps them in memory, in order, until a
 * record_writer takes them all at once. Their checksums are left to it: who logs need not wait for
 * them. Knows nothing of what the payloads are. One thread at a time. */
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
    byte_buffer lasting; /* size_t []: where in `records` those begin that must not be dropped */
    size_t begun;        /* where the record begins that record_queue_begin has begun */
} record_queue;

/* Begins a record behind the others, whose payload the caller then puts behind what queue->records
 * holds. record_queue_end or record_queue_cancel comes before any other call. NULL without memory.
 * Like byte_buffer_reserve allocates only where the queue has never been as full. */
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

/* Ends it. `lasting` keeps it from record_queue_drop_oldest. 0, or an errno value: ENOMEM, or
 * EMSGSIZE beyond RECORD_PAYLOAD_MAX; then the record is not there. */
TBLOG_MUST_CHECK int record_queue_end(record_queue *queue, bool lasting);

/* Takes it back. */
static inline void record_queue_cancel(record_queue *queue)
{
    queue->records.size = queue->begun;
}

/* Drops the oldest records that are not lasting until at most `bytes` are left, or only lasting
 * ones. Returns how many it dropped. */
size_t record_queue_drop_oldest(record_queue *queue, size_t bytes);

/* Forgets all records; the memory stays for the next ones. */
void record_queue_clear(record_queue *queue);

/* Frees the memory, the records included. */
void record_queue_free(record_queue *queue);

#endif
