/* A file of images, read into memory. Its content, not its name, decides its kind. */
#ifndef TRAINER_IMAGE_FILE_H
#define TRAINER_IMAGE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"
#include "must_check.h"

/* More than any image within the limits of image.h, and than the common data sets. */
#define IMAGE_FILE_MAX_BYTES ((size_t)512 << 20)

typedef enum image_file_kind {
    IMAGE_FILE_PNG,
    IMAGE_FILE_PGM,
    IMAGE_FILE_IDX /* plain or gzipped, judged by its first bytes; dataset.h decodes it */
} image_file_kind;

typedef struct image_file {
    const char *name; /* for messages: the path, or "standard input" */
    uint8_t *bytes;   /* for image_file_free */
    size_t count;
    image_file_kind kind;
} image_file;

/* Reads the file, pipe or device at `path` to its end, or standard input if `path` is "-". 0, or -1
 * with nothing allocated and a message [MESSAGE_BYTES]: it cannot be read, is too large, or is of
 * another kind, which the message names. `path` must outlive *out. */
MUST_CHECK int image_file_read(image_file *out, const char *path, char *message);

/* Is the file at `path` of one of these kinds, by its first bytes? Reads no more of it. */
bool image_file_has_images(const char *path);

/* Decodes an IMAGE_FILE_PNG or IMAGE_FILE_PGM; results as in image.h. */
MUST_CHECK int image_file_decode(const image_file *self, image *out, char *message);

void image_file_free(image_file *self); /* an empty one is allowed */

#endif
