/* Writes raw pixels as PNG images, with zlib. Knows nothing of events. */
#ifndef TBLOG_PNG_H
#define TBLOG_PNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "tblog/tblog.h"

/* The largest width and height; browsers show no more. */
enum { PNG_SIDE_MAX = 65535 };

/* An image of raw pixels, [height,width,channels], one byte per sample; 1 to 4 channels are grey,
 * grey with alpha, RGB, RGBA. Sides are 1 to PNG_SIDE_MAX. */
typedef struct png_image {
    const uint8_t *pixels;
    uint32_t width;
    uint32_t height;
    unsigned channels;
} png_image;

/* Appends the image as a PNG. False without memory, with `out` unchanged. */
TBLOG_MUST_CHECK bool png_encode(byte_buffer *out, const png_image *image);

/* Reads the size from the header of a PNG; false if it is not one. */
TBLOG_MUST_CHECK bool png_read_size(const uint8_t *png, size_t byte_count, uint32_t *width,
                                    uint32_t *height);

#endif
