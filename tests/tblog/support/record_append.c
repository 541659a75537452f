#include "record_append.h"

#include <errno.h>

int record_append(record_queue *queue, const void *payload, size_t bytes, bool lasting)
{
    byte_buffer *records = record_queue_begin(queue);
    if (records == NULL) {
        return ENOMEM;
    }
    if (!byte_buffer_append(records, payload, bytes)) {
        record_queue_cancel(queue);
        return ENOMEM;
    }
    return record_queue_end(queue, lasting);
}
