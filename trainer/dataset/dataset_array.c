/* From a source to a checked array. The elements of every kind of file go through here. */
#include "dataset_internal.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FIRST_CHUNK_BYTES = 64 * 1024 };

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

/* The source must have ended; reading further also verifies its checksums. */
static int expect_end(dataset_source *source, const dataset_layout *layout)
{
    uint8_t beyond;
    const ptrdiff_t got = source->read(source, &beyond, 1);
    if (got > 0) {
        return dataset_fail(source->message, source->name,
                            "has more data after the %" PRIu64 " %s of its header", layout->count,
                            plural_of(layout->kind));
    }
    return got == 0 ? 0 : -1;
}

/* Reads the elements as the file has them. NULL after writing the message. */
static uint8_t *read_elements(dataset_source *source, const dataset_layout *layout)
{
    const char *plural = plural_of(layout->kind);
    const size_t sample_bytes =
        layout->item_bytes * (layout->kind == DATASET_IMAGES ? DATASET_PIXELS : 1);
    if (layout->count == 0) {
        dataset_fail(source->message, source->name, "holds no %s", plural);
        return NULL;
    }
    if (layout->count > DATASET_ARRAY_MAX_BYTES / sample_bytes) {
        dataset_fail(source->message, source->name,
                     "promises %" PRIu64 " %s, more than the %" PRIu64 " that this program takes",
                     layout->count, plural, DATASET_ARRAY_MAX_BYTES / sample_bytes);
        return NULL;
    }
    const size_t bytes = (size_t)layout->count * sample_bytes;
    size_t held;
    uint8_t *data = read_growing(source, bytes, &held);
    if (data == NULL) {
        return NULL;
    }
    if (held < bytes) {
        dataset_fail(source->message, source->name,
                     "is truncated: its header promises %" PRIu64
                     " %s (%zu bytes), but only %zu bytes follow",
                     layout->count, plural, bytes, held);
    } else if (expect_end(source, layout) == 0) {
        return data;
    }
    free(data);
    return NULL;
}

/* Wider elements leave unused room after the bytes. If realloc fails to free it, it stays
 * unused. */
static uint8_t *shrink(const dataset_layout *layout, uint8_t *data)
{
    const size_t sample_bytes = layout->kind == DATASET_IMAGES ? DATASET_PIXELS : 1;
    uint8_t *shrunk = realloc(data, (size_t)layout->count * sample_bytes);
    return shrunk != NULL ? shrunk : data;
}

int dataset_array_read(dataset_source *source, const dataset_layout *layout, dataset_array *out)
{
    uint8_t *data = read_elements(source, layout);
    if (data == NULL) {
        return -1;
    }
    if (dataset_values_narrow(source, layout, data) != 0) {
        free(data);
        return -1;
    }
    if (layout->item_bytes > 1) {
        data = shrink(layout, data);
    }
    if (layout->order != DATASET_C_ORDER) {
        uint8_t *ordered = dataset_values_reorder(source, layout, data);
        free(data);
        data = ordered;
    }
    if (data == NULL) {
        return -1;
    }
    *out = (dataset_array){.bytes = data, .count = (uint32_t)layout->count};
    return 0;
}
