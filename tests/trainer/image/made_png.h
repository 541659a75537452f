/* PNG files made for tests, of every kind that the format has. */
#ifndef TESTS_MADE_PNG_H
#define TESTS_MADE_PNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MADE_PNG_BYTES = 16 * 1024 };

typedef struct made_png {
    uint8_t bytes[MADE_PNG_BYTES];
    size_t count;
} made_png;

/* PNG's own numbers. */
enum { PNG_GREY = 0, PNG_RGB = 2, PNG_PALETTE = 3, PNG_GREY_ALPHA = 4, PNG_RGB_ALPHA = 6 };

typedef struct made_png_shape {
    uint32_t width, height;
    unsigned depth, color;
    bool interlaced;
    /* Channel `channel` of the pixel (x, y), 0 to 2^depth - 1. */
    unsigned (*sample)(uint32_t x, uint32_t y, unsigned channel);
    /* A PLTE and a tRNS chunk, if they have bytes. */
    const uint8_t *palette, *transparent;
    size_t palette_bytes, transparent_bytes;
} made_png_shape;

unsigned made_png_channels(unsigned color);

/* A whole file. */
void made_png_make(made_png *out, const made_png_shape *shape);

/* Its pieces: the signature, then chunks with their checksums. */
void made_png_begin(made_png *out);
void made_png_chunk(made_png *out, const char *type, const uint8_t *data, size_t count);
void made_png_header(made_png *out, const made_png_shape *shape);

/* Where the first chunk of that type begins with its length. */
size_t made_png_find(const made_png *in, const char *type);

#endif
