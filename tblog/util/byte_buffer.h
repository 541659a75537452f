/* A growable array of bytes. One thread at a time. */
#ifndef TBLOG_BYTE_BUFFER_H
#define TBLOG_BYTE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tblog/tblog.h"

/* All zero is an empty buffer. */
typedef struct byte_buffer {
    uint8_t *data; /* NULL while capacity is 0 */
    size_t size;
    size_t capacity;
} byte_buffer;

/* byte_buffer_reserve when there is not enough room. */
TBLOG_MUST_CHECK bool byte_buffer_grow(byte_buffer *buffer, size_t extra);

/* Makes room for `extra` more bytes. False without memory, with the contents unchanged. */
TBLOG_MUST_CHECK static inline bool byte_buffer_reserve(byte_buffer *buffer, size_t extra)
{
    return extra <= buffer->capacity - buffer->size || byte_buffer_grow(buffer, extra);
}

/* Appends bytes. False without memory, with the contents unchanged. */
TBLOG_MUST_CHECK bool byte_buffer_append(byte_buffer *buffer, const void *bytes, size_t count);

/* Drops the first `count` bytes (at most size). */
void byte_buffer_drop_front(byte_buffer *buffer, size_t count);

/* Frees the bytes and leaves an empty buffer. */
void byte_buffer_free(byte_buffer *buffer);

#endif
