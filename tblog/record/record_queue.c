#include "record_queue.h"

#include <errno.h>
#include <string.h>

#include "little_endian.h"
#include "record_format.h"

/* Notes where the record begins. */
static bool keep(record_queue *queue)
{
    return byte_buffer_append(&queue->lasting, &queue->begun, sizeof queue->begun);
}

int record_queue_end(record_queue *queue, bool lasting)
{
    byte_buffer *records = &queue->records;
    const size_t bytes = records->size - queue->begun - RECORD_HEADER_BYTES;
    int cause = 0;
    if (bytes > RECORD_PAYLOAD_MAX) {
        cause = EMSGSIZE;
    } else if (!byte_buffer_reserve(records, RECORD_CRC_BYTES) || (lasting && !keep(queue))) {
        cause = ENOMEM;
    }
    if (cause != 0) {
        record_queue_cancel(queue);
        return cause;
    }
    little_endian_store(records->data + queue->begun, RECORD_LENGTH_BYTES, bytes);
    records->size += RECORD_CRC_BYTES;
    return 0;
}

size_t record_queue_drop_oldest(record_queue *queue, size_t bytes)
{
    byte_buffer *records = &queue->records;
    size_t *lasting = (void *)queue->lasting.data;
    const size_t lasting_count = queue->lasting.size / sizeof *lasting;
    size_t dropped = 0;
    size_t seen = 0; /* of the lasting ones */
    size_t from = 0;
    size_t to = 0; /* kept records are moved here */
    while (from < records->size && to + (records->size - from) > bytes) {
        size_t size = RECORD_FRAME_BYTES +
                      (size_t)little_endian_load(records->data + from, RECORD_LENGTH_BYTES);
        if (seen < lasting_count && lasting[seen] == from) {
            memmove(records->data + to, records->data + from, size);
            lasting[seen++] = to;
            to += size;
        } else {
            dropped++;
        }
        from += size;
    }
    if (from == to) {
        return dropped;
    }
    for (; seen < lasting_count; seen++) {
        lasting[seen] -= from - to;
    }
    memmove(records->data + to, records->data + from, records->size - from);
    records->size -= from - to;
    return dropped;
}

void record_queue_clear(record_queue *queue)
{
    queue->records.size = 0;
    queue->lasting.size = 0;
}

void record_queue_free(record_queue *queue)
{
    byte_buffer_free(&queue->records);
    byte_buffer_free(&queue->lasting);
}
