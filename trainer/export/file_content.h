/* A growing buffer with the content of a file. A failed allocation is sticky: later calls change
 * nothing, so checking `failed` at the end is enough. */
#ifndef TRAINER_FILE_CONTENT_H
#define TRAINER_FILE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start from {0}. */
typedef struct file_content {
    uint8_t *data;
    size_t bytes;
    size_t capacity;
    bool failed;
} file_content;

/* Appends `bytes` bytes for the caller to fill in before the next call. NULL without memory. */
uint8_t *file_content_extend(file_content *self, size_t bytes);

void file_content_add(file_content *self, const void *data, size_t bytes);

/* The lowest `bytes` bytes of the number, at most 8, little-endian. */
void file_content_add_number(file_content *self, uint64_t number, size_t bytes);

/* As little-endian numbers of 32 bits. */
void file_content_add_floats(file_content *self, const float *floats, size_t count);

/* Fills up to a multiple of `alignment` with zeros. */
void file_content_align(file_content *self, size_t alignment);

void file_content_free(file_content *self);

#endif
