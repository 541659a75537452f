#include "made_png.h"

#include <check.h>
#include <string.h>
#include <zlib.h>

static void append(made_png *out, const void *bytes, size_t count)
{
    ck_assert_uint_le(out->count + count, sizeof out->bytes);
    memcpy(out->bytes + out->count, bytes, count);
    out->count += count;
}

static void put_u32(uint8_t out[4], uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static void append_u32(made_png *out, uint32_t value)
{
    uint8_t bytes[4];
    put_u32(bytes, value);
    append(out, bytes, sizeof bytes);
}

unsigned made_png_channels(unsigned color)
{
    return color == PNG_RGB_ALPHA ? 4 : color == PNG_RGB ? 3 : color == PNG_GREY_ALPHA ? 2 : 1;
}

void made_png_begin(made_png *out)
{
    out->count = 0;
    append(out, "\x89PNG\r\n\x1a\n", 8);
}

void made_png_chunk(made_png *out, const char *type, const uint8_t *data, size_t count)
{
    append_u32(out, (uint32_t)count);
    const size_t begin = out->count;
    append(out, type, 4);
    append(out, data, count);
    append_u32(out, (uint32_t)crc32(0, out->bytes + begin, (uInt)(4 + count)));
}

void made_png_header(made_png *out, const made_png_shape *shape)
{
    uint8_t header[13] = {0};
    put_u32(header, shape->width);
    put_u32(header + 4, shape->height);
    header[8] = (uint8_t)shape->depth;
    header[9] = (uint8_t)shape->color;
    header[12] = shape->interlaced;
    made_png_chunk(out, "IHDR", header, sizeof header);
}

/* The rows of one pass: the pixels from (x0, y0) on, x_step and y_step apart. */
static size_t write_pass(uint8_t *out, const made_png_shape *shape, uint32_t x0, uint32_t y0,
                         uint32_t x_step, uint32_t y_step)
{
    const unsigned channels = made_png_channels(shape->color);
    size_t bits = 0;
    if (x0 >= shape->width) {
        return 0; /* an empty pass has no rows, not even their filters */
    }
    for (uint32_t y = y0; y < shape->height; y += y_step) {
        bits = (bits + 7) / 8 * 8 + 8; /* each row begins with its filter's byte: 0, none */
        for (uint32_t x = x0; x < shape->width; x += x_step) {
            for (unsigned c = 0; c < channels; c++) {
                for (unsigned bit = shape->depth; bit-- > 0; bits++) {
                    out[bits / 8] |=
                        (uint8_t)(((shape->sample(x, y, c) >> bit) & 1) << (7 - bits % 8));
                }
            }
        }
    }
    return (bits + 7) / 8;
}

void made_png_make(made_png *out, const made_png_shape *shape)
{
    static const uint32_t passes[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                          {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    uint8_t rows[MADE_PNG_BYTES] = {0};
    uint8_t packed[MADE_PNG_BYTES];
    uLongf packed_bytes = sizeof packed;
    size_t bytes = 0;
    if (shape->interlaced) {
        for (unsigned i = 0; i < 7; i++) {
            bytes += write_pass(rows + bytes, shape, passes[i][0], passes[i][1], passes[i][2],
                                passes[i][3]);
        }
    } else {
        bytes = write_pass(rows, shape, 0, 0, 1, 1);
    }
    ck_assert_int_eq(compress(packed, &packed_bytes, rows, bytes), Z_OK);
    made_png_begin(out);
    made_png_header(out, shape);
    if (shape->palette_bytes > 0) {
        made_png_chunk(out, "PLTE", shape->palette, shape->palette_bytes);
    }
    if (shape->transparent_bytes > 0) {
        made_png_chunk(out, "tRNS", shape->transparent, shape->transparent_bytes);
    }
    made_png_chunk(out, "IDAT", packed, packed_bytes);
    made_png_chunk(out, "IEND", packed, 0);
}

size_t made_png_find(const made_png *in, const char *type)
{
    for (size_t at = 8; at + 8 <= in->count; at++) {
        if (memcmp(in->bytes + at + 4, type, 4) == 0) {
            return at;
        }
    }
    ck_abort_msg("there is no %s", type);
}
