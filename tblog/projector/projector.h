/* The contents of the projector's files: projector_text.c makes them, projector.c writes them. The
 * embeddings are already checked. */
#ifndef TBLOG_PROJECTOR_H
#define TBLOG_PROJECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "byte_buffer.h"
#include "tblog/tblog.h"

enum {
    SHEET_SIDE_MAX = 8192, /* of the image of all thumbnails: the largest texture of browsers */
    FILE_NAME_BYTES = 64
};

/* The files of an embedding. */
typedef enum projector_file { PROJECTOR_VECTORS, PROJECTOR_LABELS, PROJECTOR_SHEET } projector_file;

/* The name of a file of embedding `number`. */
void projector_file_name(char name[FILE_NAME_BYTES], projector_file file, size_t number);

/* Each appends a file's contents; false without memory. */
TBLOG_MUST_CHECK bool projector_append_vectors(byte_buffer *out, const tblog_embedding *embedding);
TBLOG_MUST_CHECK bool projector_append_labels(byte_buffer *out, const tblog_embedding *embedding);

/* The configuration's part for embedding `number`. */
TBLOG_MUST_CHECK bool projector_append_configuration(byte_buffer *out, size_t number,
                                                     const tblog_embedding *embedding);

#endif
