/* Replaces a file whole: who reads it, and who comes after a crash of the process, has either the
 * old content or the new. */
#ifndef TRAINER_FILE_REPLACE_H
#define TRAINER_FILE_REPLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "must_check.h"

/* Behind the file's name, that of the new one until it is whole. A crash can leave it there. */
#define FILE_REPLACE_SUFFIX ".tmp"

/* A piece of the new content. */
typedef struct file_piece {
    const void *data;
    size_t bytes;
} file_piece;

/* Replaces `name`, of at most NAME_MAX - 4 bytes, in the directory that `directory` is open on by
 * pieces[count], one after the other. With `sync` they are on the disk before the name is theirs,
 * so that not even a power failure leaves an empty file, and then the name is. 0, or -1 with errno,
 * the old file whole and nothing else left; but the new one is there if it was only the name that
 * could not be brought to the disk. What had the temporary name goes first and is never written
 * into: it may be a link or a pipe. */
MUST_CHECK int file_replace(int directory, const char *name, const file_piece *pieces, size_t count,
                            bool sync);

#endif
