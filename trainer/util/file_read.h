/* Reads a regular file whole, with the cause of a failure. */
#ifndef TRAINER_FILE_READ_H
#define TRAINER_FILE_READ_H

#include <stddef.h>

#include "must_check.h"

/* Reads the file `name`, as openat finds it from `directory`, into *text, which the caller frees; a
 * zero byte that *bytes does not count follows. 0, or -1 with errno and *text NULL. errno is 0 for
 * what is no regular file: it is not read, so that a pipe makes nobody wait.
 *
 * Another host may replace the file meanwhile; NFS then says ESTALE, and the new one is read. */
MUST_CHECK int file_read(int directory, const char *name, char **text, size_t *bytes);

/* The same of a file that may be anybody's: one of more than `most` bytes is EFBIG. */
MUST_CHECK int file_read_up_to(int directory, const char *name, size_t most, char **text,
                               size_t *bytes);

/* The same of whatever `fd` is open on, which may be a pipe, from where it stands to its end. */
MUST_CHECK int descriptor_read_up_to(int fd, size_t most, char **text, size_t *bytes);

#endif
