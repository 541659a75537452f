#include "byte_buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool byte_buffer_grow(byte_buffer *buffer, size_t extra)
{
    if (extra > SIZE_MAX / 2 - buffer->size) {
        return false;
    }
    size_t capacity = buffer->capacity < 256 ? 256 : buffer->capacity;
    while (capacity < buffer->size + extra) {
        capacity *= 2;
    }
    uint8_t *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

bool byte_buffer_append(byte_buffer *buffer, const void *bytes, size_t count)
{
    if (!byte_buffer_reserve(buffer, count)) {
        return false;
    }
    if (count > 0) {
        memcpy(buffer->data + buffer->size, bytes, count);
    }
    buffer->size += count;
    return true;
}

void byte_buffer_drop_front(byte_buffer *buffer, size_t count)
{
    assert(count <= buffer->size);
    if (count == 0) {
        return;
    }
    buffer->size -= count;
    memmove(buffer->data, buffer->data + count, buffer->size);
}

void byte_buffer_free(byte_buffer *buffer)
{
    free(buffer->data);
    *buffer = (byte_buffer){0};
}
