/* Frames payloads as records (record_format.h) and keeps them in memory, in order, until a
 * record_writer takes them all at once. Knows nothing of what the payloads are. One thread at a
 * time. */
#ifndef TBLOG_RECORD_QUEUE_H
#define TBLOG_RECORD_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "byte_buffer.h"

/* All zero is an empty queue. */
typedef struct record_queue {
    byte_buffer records; /* whole framed records */
    byte_buffer lasting; /* size_t []: where in `records` those begin that must not be dropped */
    uint64_t length;     /* of the last payload, whose checksum many another can use */
    uint32_t length_crc; /* masked; 0 before the first record */
} record_queue;

/* Puts one record behind the others. `lasting` keeps it from record_queue_drop_oldest. 0, or an
 * errno value: ENOMEM, or EMSGSIZE beyond RECORD_PAYLOAD_MAX; then nothing has changed. Allocates
 * only where the queue has never been as full as this makes it. */
__attribute__((warn_unused_result)) int
record_queue_append(record_queue *queue, const void *payload, size_t bytes, bool lasting);

/* Drops the oldest records that are not lasting until at most `bytes` are left, or only lasting
 * ones. Returns how many it dropped. */
size_t record_queue_drop_oldest(record_queue *queue, size_t bytes);

/* Forgets all records; the memory stays for the next ones. */
void record_queue_clear(record_queue *queue);

/* Frees the memory, the records included. */
void record_queue_free(record_queue *queue);

#endif
