/* Replaces a file atomically: at any time, and after a crash of the process, readers see either the
 * whole old content or the whole new content. */
#ifndef TRAINER_FILE_REPLACE_H
#define TRAINER_FILE_REPLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "must_check.h"

/* The new file has this suffix until it is complete. A crash can leave such a file. */
#define FILE_REPLACE_SUFFIX ".tmp"

/* A piece of the new content. */
typedef struct file_piece {
    const void *data;
    size_t bytes;
} file_piece;

/* Replaces the content of `name` (at most NAME_MAX - 4 bytes), in the directory that `directory` is
 * open on, by pieces[count], one after the other. With `sync` the content is synced before the file
 * gets its name, so that a power failure leaves no empty file. Then the name is synced. 0, or -1
 * with errno, the old file unchanged and no other file left; but if only the sync of the name
 * failed, the new file is there. An existing file with the temporary name is removed first and
 * never written to: it may be a link or a pipe. */
MUST_CHECK int file_replace(int directory, const char *name, const file_piece *pieces, size_t count,
                            bool sync);

#endif
