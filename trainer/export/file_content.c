#include "file_content.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "Numbers and floats are copied.");

enum { FIRST_CAPACITY = 4096 };

static bool make_room(file_content *self, size_t bytes)
{
    size_t capacity = self->capacity > 0 ? self->capacity : FIRST_CAPACITY;
    while (capacity - self->bytes < bytes) {
        capacity *= 2;
    }
    if (capacity == self->capacity) {
        return true;
    }
    uint8_t *data = realloc(self->data, capacity);
    if (data == NULL) {
        return false;
    }
    self->data = data;
    self->capacity = capacity;
    return true;
}

uint8_t *file_content_extend(file_content *self, size_t bytes)
{
    if (self->failed || !make_room(self, bytes)) {
        self->failed = true;
        return NULL;
    }
    self->bytes += bytes;
    return self->data + self->bytes - bytes;
}

void file_content_add(file_content *self, const void *data, size_t bytes)
{
    uint8_t *place = file_content_extend(self, bytes);
    if (place != NULL && bytes > 0) {
        memcpy(place, data, bytes);
    }
}

void file_content_add_number(file_content *self, uint64_t number, size_t bytes)
{
    file_content_add(self, &number, bytes);
}

void file_content_add_floats(file_content *self, const float *floats, size_t count)
{
    file_content_add(self, floats, count * sizeof *floats);
}

void file_content_align(file_content *self, size_t alignment)
{
    const size_t bytes = (alignment - self->bytes % alignment) % alignment;
    uint8_t *place = file_content_extend(self, bytes);
    if (place != NULL) {
        memset(place, 0, bytes);
    }
}

void file_content_free(file_content *self)
{
    free(self->data);
    *self = (file_content){0};
}
