#include "record_queue.h"

#include <errno.h>
#include <string.h>

#include "crc32c.h"
#include "record_format.h"

int record_queue_append(record_queue *queue, const void *payload, size_t bytes, bool lasting)
{
    if (bytes > RECORD_PAYLOAD_MAX)
        return EMSGSIZE;
    byte_buffer *records = &queue->records;
    if (!byte_buffer_reserve(records, bytes + RECORD_FRAME_BYTES))
        return ENOMEM;
    if (lasting) {
        if (!byte_buffer_reserve(&queue->lasting, sizeof records->size))
            return ENOMEM;
        memcpy(queue->lasting.data + queue->lasting.size, &records->size, sizeof records->size);
        queue->lasting.size += sizeof records->size;
    }
    uint8_t *record = records->data + records->size;
    record_store_le(record, RECORD_LENGTH_BYTES, bytes);
    if (queue->length != bytes || queue->length_crc == 0) {
        queue->length = bytes;
        queue->length_crc = crc32c_masked(record, RECORD_LENGTH_BYTES);
    }
    record_store_le(record + RECORD_LENGTH_BYTES, RECORD_CRC_BYTES, queue->length_crc);
    if (bytes > 0)
        memcpy(record + RECORD_HEADER_BYTES, payload, bytes);
    record_store_le(record + RECORD_HEADER_BYTES + bytes, RECORD_CRC_BYTES,
                    crc32c_masked(payload, bytes));
    records->size += bytes + RECORD_FRAME_BYTES;
    return 0;
}

size_t record_queue_drop_oldest(record_queue *queue, size_t bytes)
{
    byte_buffer *records = &queue->records;
    size_t *lasting = (void *)queue->lasting.data;
    size_t lasting_count = queue->lasting.size / sizeof *lasting;
    size_t dropped = 0;
    size_t seen = 0; /* of the lasting ones */
    size_t from = 0;
    size_t to = 0; /* kept records are moved here */
    while (from < records->size && to + (records->size - from) > bytes) {
        size_t size =
            RECORD_FRAME_BYTES + (size_t)record_load_le(records->data + from, RECORD_LENGTH_BYTES);
        if (seen < lasting_count && lasting[seen] == from) {
            memmove(records->data + to, records->data + from, size);
            lasting[seen++] = to;
            to += size;
        } else {
            dropped++;
        }
        from += size;
    }
    if (from == to)
        return dropped;
    for (; seen < lasting_count; seen++)
        lasting[seen] -= from - to;
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
