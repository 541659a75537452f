/* A PNG is a signature and chunks: length, type, data, CRC-32 of type and data; numbers are
 * big-endian. One IHDR, one IDAT (a zlib stream of the rows, each after a filter's number), one
 * IEND. (PNG specification, third edition, chapters 5, 9 and 11.) */
#include "png.h"

#include <string.h>
#include <zlib.h>

static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

enum {
    CHUNK_FRAME_BYTES = 12, /* length, type and CRC */
    HEADER_BYTES = 13,      /* of IHDR's data */
    /* Rows are predicted from the one above: that compresses most images best, and one filter for
     * all rows needs no search. */
    FILTER_UP = 2
};

static void store_be(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static uint32_t load_be(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

/* Frames the chunk whose `count` bytes of data are at chunk + 8. */
static void finish_chunk(uint8_t *chunk, const char *type, size_t count)
{
    store_be(chunk, (uint32_t)count);
    memcpy(chunk + 4, type, 4);
    store_be(chunk + 8 + count, (uint32_t)crc32_z(crc32_z(0, NULL, 0), chunk + 4, count + 4));
}

static bool append_chunk(byte_buffer *out, const char *type, const uint8_t *data, size_t count)
{
    if (!byte_buffer_reserve(out, count + CHUNK_FRAME_BYTES)) {
        return false;
    }
    uint8_t *chunk = out->data + out->size;
    if (count > 0) {
        memcpy(chunk + 8, data, count);
    }
    finish_chunk(chunk, type, count);
    out->size += count + CHUNK_FRAME_BYTES;
    return true;
}

static bool append_header(byte_buffer *out, const png_image *image)
{
    static const uint8_t colour_types[] = {0, 4, 2, 6};
    uint8_t header[HEADER_BYTES] = {0};
    store_be(header, image->width);
    store_be(header + 4, image->height);
    header[8] = 8; /* bits a sample */
    header[9] = colour_types[image->channels - 1];
    return byte_buffer_append(out, signature, sizeof signature) &&
           append_chunk(out, "IHDR", header, sizeof header);
}

/* The rows with their filters. */
static void filter_rows(uint8_t *to, const png_image *image)
{
    const size_t row_bytes = (size_t)image->width * image->channels;
    const uint8_t *above = NULL;
    const uint8_t *row = image->pixels;
    for (uint32_t y = 0; y < image->height; y++, above = row, row += row_bytes) {
        *to++ = y == 0 ? 0 : FILTER_UP;
        for (size_t x = 0; x < row_bytes; x++) {
            to[x] = (uint8_t)(row[x] - (y == 0 ? 0 : above[x]));
        }
        to += row_bytes;
    }
}

static bool append_rows(byte_buffer *out, const png_image *image)
{
    const size_t raw_bytes = image->height * (1 + (size_t)image->width * image->channels);
    byte_buffer rows = {0};
    if (!byte_buffer_reserve(&rows, raw_bytes)) {
        return false;
    }
    filter_rows(rows.data, image);
    uLongf bytes = compressBound(raw_bytes);
    bool done = byte_buffer_reserve(out, bytes + CHUNK_FRAME_BYTES);
    if (done) {
        uint8_t *chunk = out->data + out->size;
        done = compress2(chunk + 8, &bytes, rows.data, raw_bytes, Z_DEFAULT_COMPRESSION) == Z_OK;
        if (done) {
            finish_chunk(chunk, "IDAT", bytes);
            out->size += bytes + CHUNK_FRAME_BYTES;
        }
    }
    byte_buffer_free(&rows);
    return done;
}

bool png_encode(byte_buffer *out, const png_image *image)
{
    const size_t before = out->size;
    if (append_header(out, image) && append_rows(out, image) &&
        append_chunk(out, "IEND", NULL, 0)) {
        return true;
    }
    out->size = before;
    return false;
}

bool png_read_size(const uint8_t *png, size_t byte_count, uint32_t *width, uint32_t *height)
{
    if (byte_count < sizeof signature + CHUNK_FRAME_BYTES + HEADER_BYTES ||
        memcmp(png, signature, sizeof signature) != 0 || memcmp(png + 12, "IHDR", 4) != 0) {
        return false;
    }
    *width = load_be(png + 16);
    *height = load_be(png + 20);
    return *width > 0 && *height > 0 && *width <= INT32_MAX && *height <= INT32_MAX;
}
