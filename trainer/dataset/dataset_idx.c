/* IDX files, the four in a folder or one of images alone, as MNIST's own page describes the format:
 * two zero bytes, the element type, the number of dimensions, then each dimension's size as a
 * big-endian u32, then the elements, row by row. */
#include "dataset.h"
#include "dataset_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TYPE_UNSIGNED_BYTE = 0x08, MAX_RANK = 3 };

/* The source does not begin as IDX does. */
static int refuse_content(dataset_source *source, bool gzipped, const uint8_t magic[4])
{
    uint8_t head[DATASET_HEAD_BYTES];
    memcpy(head, magic, 4);
    const ptrdiff_t more = dataset_source_read_up_to(source, head + 4, sizeof head - 4);
    if (more < 0) {
        return -1;
    }
    if (dataset_content_is_gzip(head, 4)) {
        return dataset_fail(source->message, source->name,
                            gzipped ? "is gzipped twice: unpack it once"
                                    : "is gzip data: unpack it, or end its name in .gz");
    }
    return dataset_refuse_content(source->message, source->name, "an IDX file", head,
                                  4 + (size_t)more);
}

static int check_magic(dataset_source *source, bool gzipped, const uint8_t magic[4], unsigned rank)
{
    if (magic[0] != 0 || magic[1] != 0) {
        return refuse_content(source, gzipped, magic);
    }
    if (magic[2] != TYPE_UNSIGNED_BYTE) {
        return dataset_fail(source->message, source->name,
                            "has element type 0x%02x instead of 0x%02x (unsigned byte)", magic[2],
                            TYPE_UNSIGNED_BYTE);
    }
    if (magic[3] != rank) {
        return dataset_fail(
            source->message, source->name, "has %u dimension(s) instead of the %u of %s%s",
            magic[3], rank, rank == 1 ? "labels" : "images",
            dataset_content_is_idx(magic, 4) ? ": are images and labels swapped?" : "");
    }
    return 0;
}

static uint32_t big_endian_u32(const uint8_t bytes[4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int read_idx(dataset_source *source, bool gzipped, dataset_kind kind, dataset_array *out)
{
    const unsigned rank = kind == DATASET_IMAGES ? 3 : 1;
    uint8_t magic[4];
    uint8_t sizes[4 * MAX_RANK];
    const ptrdiff_t held = dataset_source_read_up_to(source, magic, sizeof magic);
    if (held == 0) {
        return dataset_refuse_content(source->message, source->name, "an IDX file", magic, 0);
    }
    if (held > 0 && held < (ptrdiff_t)sizeof magic) {
        return dataset_fail(source->message, source->name, "ends inside its header");
    }
    if (held < 0 || check_magic(source, gzipped, magic, rank) != 0 ||
        dataset_source_fill(source, sizes, (size_t)4 * rank) != 0) {
        return -1;
    }
    if (kind == DATASET_IMAGES) {
        const uint32_t rows = big_endian_u32(sizes + 4);
        const uint32_t columns = big_endian_u32(sizes + 8);
        if (rows != DATASET_SIDE || columns != DATASET_SIDE) {
            return dataset_fail(source->message, source->name,
                                "holds images of %" PRIu32 "x%" PRIu32 " instead of %dx%d", rows,
                                columns, DATASET_SIDE, DATASET_SIDE);
        }
    }
    const dataset_layout layout = {.kind = kind, .count = big_endian_u32(sizes), .item_bytes = 1};
    return dataset_array_read(source, &layout, out);
}

static bool is_gzip_name(const char *name)
{
    const size_t length = strlen(name);
    return length >= 3 && strcmp(name + length - 3, ".gz") == 0;
}

static int read_file(const char *folder, const char *name, dataset_kind kind, dataset_array *out,
                     char *message)
{
    char path[DATASET_NAME_BYTES]; /* dataset_folder_find has seen that it suffices */
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const bool gzipped = is_gzip_name(name);
    dataset_source source;
    if (dataset_file_open(&source, path, gzipped, message) != 0) {
        return -1;
    }
    const int status = read_idx(&source, gzipped, kind, out);
    source.close(&source);
    return status;
}

int dataset_images_decode(dataset_images *out, const uint8_t *bytes, size_t count, const char *name,
                          char *message)
{
    const bool gzipped = dataset_content_is_gzip(bytes, count);
    dataset_source source;
    dataset_array array;
    if (dataset_memory_open(&source, bytes, count, name, gzipped, message) != 0) {
        return -1;
    }
    const int status = read_idx(&source, gzipped, DATASET_IMAGES, &array);
    source.close(&source);
    if (status == 0) {
        *out = (dataset_images){.pixels = array.bytes, .count = array.count};
    }
    return status;
}

int dataset_idx_read(dataset_arrays *out, const char *folder, char *message)
{
    if (dataset_folder_find(out->names, folder, message) != 0) {
        return -1;
    }
    for (unsigned i = 0; i < DATASET_ARRAYS; i++) {
        if (read_file(folder, out->names[i], dataset_kind_at(i), &out->all[i], message) != 0) {
            return -1;
        }
    }
    return 0;
}
