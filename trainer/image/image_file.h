/* A file of images, whole in memory, so that its content tells what it is, whatever its name and
 * wherever it comes from. */
#ifndef TRAINER_IMAGE_FILE_H
#define TRAINER_IMAGE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "image.h"
#include "must_check.h"

/* More than any image within image.h's limits takes, and than the data sets in use. */
#define IMAGE_FILE_MAX_BYTES ((size_t)512 << 20)

typedef enum image_file_kind {
    IMAGE_FILE_PNG,
    IMAGE_FILE_PGM,
    IMAGE_FILE_IDX /* plain or gzipped, as far as its first bytes tell: dataset.h decodes it */
} image_file_kind;

typedef struct image_file {
    const char *name; /* for messages: the path, or "standard input" */
    uint8_t *bytes;   /* for image_file_free */
    size_t count;
    image_file_kind kind;
} image_file;

/* Reads the file, pipe or device at `path` to its end, or standard input if that is "-". 0, or -1
 * with nothing held and a message [MESSAGE_BYTES]: it cannot be read, is too large, or is of no
 * kind above, and then what it is instead. `path` must outlive *out. */
MUST_CHECK int image_file_read(image_file *out, const char *path, char *message);

/* Decodes what is IMAGE_FILE_PNG or IMAGE_FILE_PGM, as image.h says. */
MUST_CHECK int image_file_decode(const image_file *self, image *out, char *message);

void image_file_free(image_file *self); /* an empty one is allowed */

#endif
