/* From bytes to a checked array: whatever the file, its elements go through here. */
#include "dataset_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "message.h"

enum { FIRST_CHUNK_BYTES = 64 * 1024 };

int dataset_fail(char *message, const char *name, const char *format, ...)
{
    char wrong[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(wrong, sizeof wrong, format, arguments);
    va_end(arguments);
    return message_set(message, "%s: %s", name, wrong);
}

ptrdiff_t dataset_source_read_up_to(dataset_source *source, uint8_t *to, size_t bytes)
{
    size_t held = 0;
    while (held < bytes) {
        const ptrdiff_t got = source->read(source, to + held, bytes - held);
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        held += (size_t)got;
    }
    return (ptrdiff_t)held;
}

int dataset_source_fill(dataset_source *source, uint8_t *to, size_t bytes)
{
    const ptrdiff_t held = dataset_source_read_up_to(source, to, bytes);
    if (held >= 0 && (size_t)held < bytes) {
        return dataset_fail(source->message, source->name, "ends inside its header");
    }
    return held < 0 ? -1 : 0;
}

static const char *plural_of(dataset_kind kind)
{
    return kind == DATASET_IMAGES ? "images" : "labels";
}

/* Reads until `bytes` have arrived or the source ends. Returns the buffer, with what arrived in
 * *held, or NULL after writing the message. */
static uint8_t *read_growing(dataset_source *source, size_t bytes, size_t *held)
{
    uint8_t *data = NULL;
    size_t capacity = 0;
    *held = 0;
    while (*held < bytes) {
        if (*held == capacity) {
            const size_t wanted = capacity == 0 ? FIRST_CHUNK_BYTES : 2 * capacity;
            capacity = wanted < bytes ? wanted : bytes;
            uint8_t *grown = realloc(data, capacity);
            if (grown == NULL) {
                dataset_fail(source->message, source->name, "no memory for %zu bytes", capacity);
                free(data);
                return NULL;
            }
            data = grown;
        }
        const ptrdiff_t got = source->read(source, data + *held, capacity - *held);
        if (got < 0) {
            free(data);
            return NULL;
        }
        if (got == 0) {
            break;
        }
        *held += (size_t)got;
    }
    return data;
}

/* The source must have ended; reading on also has its checksums checked. */
static int expect_end(dataset_source *source, const dataset_layout *layout)
{
    uint8_t beyond;
    const ptrdiff_t got = source->read(source, &beyond, 1);
    if (got > 0) {
        return dataset_fail(source->message, source->name,
                            "has more data behind the %" PRIu64 " %s of its header", layout->count,
                            plural_of(layout->kind));
    }
    return got == 0 ? 0 : -1;
}

/* Makes labels of any width into bytes, in place. */
static int narrow_labels(dataset_source *source, const dataset_layout *layout, uint8_t *bytes)
{
    for (size_t i = 0; i < layout->count; i++) {
        const uint8_t *item = bytes + i * layout->item_bytes;
        uint64_t value = 0;
        for (size_t k = 0; k < layout->item_bytes; k++) {
            value |= (uint64_t)item[k] << (8 * k);
        }
        if (value >= DATASET_CLASSES) {
            const uint64_t sign = (uint64_t)1 << (8 * layout->item_bytes - 1);
            const bool negative = layout->is_signed && (value & sign) != 0;
            const uint64_t magnitude = negative ? sign - (value & (sign - 1)) : value;
            return dataset_fail(source->message, source->name,
                                "label %s%" PRIu64 " at index %zu is not one of 0 to %d",
                                negative ? "-" : "", magnitude, i, DATASET_CLASSES - 1);
        }
        bytes[i] = (uint8_t)value;
    }
    return 0;
}

int dataset_array_read(dataset_source *source, const dataset_layout *layout, dataset_array *out)
{
    const char *plural = plural_of(layout->kind);
    const size_t sample_bytes =
        layout->kind == DATASET_IMAGES ? DATASET_PIXELS : layout->item_bytes;
    if (layout->count == 0) {
        return dataset_fail(source->message, source->name, "holds no %s", plural);
    }
    if (layout->count > DATASET_ARRAY_MAX_BYTES / sample_bytes) {
        return dataset_fail(source->message, source->name,
                            "promises %" PRIu64 " %s, more than the %" PRIu64
                            " that this program takes",
                            layout->count, plural, DATASET_ARRAY_MAX_BYTES / sample_bytes);
    }
    const size_t bytes = (size_t)layout->count * sample_bytes;
    size_t held;
    uint8_t *data = read_growing(source, bytes, &held);
    if (data == NULL) {
        return -1;
    }
    if (held < bytes) {
        dataset_fail(source->message, source->name,
                     "is truncated: its header promises %" PRIu64
                     " %s (%zu bytes), but only %zu bytes follow",
                     layout->count, plural, bytes, held);
        goto failed;
    }
    if (expect_end(source, layout) != 0) {
        goto failed;
    }
    if (layout->kind == DATASET_LABELS) {
        if (narrow_labels(source, layout, data) != 0) {
            goto failed;
        }
        /* Wider labels leave room behind; when it cannot be given back, it is only unused. */
        uint8_t *shrunk = realloc(data, (size_t)layout->count);
        data = shrunk != NULL ? shrunk : data;
    }
    *out = (dataset_array){.bytes = data, .count = (uint32_t)layout->count};
    return 0;

failed:
    free(data);
    return -1;
}
