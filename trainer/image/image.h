/* Grey images of 8 bits, from PNG and PGM files of any size up to a limit.
 *
 * Files are not trusted. Every value of a header is checked before use, and the limits below bound
 * the memory: a PNG takes at most 5 bytes per pixel (320 MiB) while it is decoded, and 1
 * afterwards; a PGM takes 1. */
#ifndef TRAINER_IMAGE_H
#define TRAINER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "must_check.h"

enum {
    IMAGE_MAX_SIDE = 1 << 15,   /* 32,768 */
    IMAGE_MAX_PIXELS = 1 << 26, /* 64 megapixels, more than most photos and scans have */
};

typedef struct image {
    uint8_t *pixels; /* [height,width], rows from the top; 0 is black, 255 white; for image_free */
    uint32_t width;  /* both at least 1 */
    uint32_t height;
} image;

/* Does a file that begins with these bytes have the signature of the format? */
bool image_is_png(const uint8_t *bytes, size_t count);
bool image_is_pgm(const uint8_t *bytes, size_t count);

/* Decode a whole file; bytes after a PNG's end are ignored. 0, or -1 with nothing allocated and a
 * message [MESSAGE_BYTES] that begins with `name`.
 *
 * PNG: all colour types, depths and interlacing; a wrong checksum is an error. 16 bits become 8 by
 * rounding v * 255 / 65535. Colours become grey as in Pillow: (19595 R + 38470 G + 7471 B) / 65536
 * rounded, which is the luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B. Gamma and colour
 * profiles are ignored. Transparent parts count as white.
 *
 * PGM: P5 (binary) and P2 (text), values of 0 to 65535, scaled to 0 to 255 and rounded. */
MUST_CHECK int image_png_decode(image *out, const uint8_t *bytes, size_t count, const char *name,
                                char *message);
MUST_CHECK int image_pgm_decode(image *out, const uint8_t *bytes, size_t count, const char *name,
                                char *message);

/* Allocates the pixels, whose values are undefined. Sizes of 0 or beyond the limits are refused. 0
 * or -1, as above. */
MUST_CHECK int image_make(image *out, uint64_t width, uint64_t height, const char *name,
                          char *message);

void image_free(image *self); /* an empty one is allowed */

#endif
