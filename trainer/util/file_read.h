/* Reads the whole content of a file, with the cause of a failure. */
#ifndef TRAINER_FILE_READ_H
#define TRAINER_FILE_READ_H

#include <stddef.h>

#include "must_check.h"

/* Reads the file `name`, relative to the descriptor `directory` as for openat, into *text, which
 * the caller frees; a zero byte follows that *bytes does not count. 0, or -1 with errno and *text
 * NULL. If the file is not a regular file it is not read, because a pipe could block, and errno is
 * 0.
 *
 * If another host replaces the file meanwhile, NFS returns ESTALE; then the new file is read. */
MUST_CHECK int file_read(int directory, const char *name, char **text, size_t *bytes);

/* Why file_read or file_read_up_to failed, in words, by its errno. */
const char *file_read_reason(int cause);

/* The same as file_read for untrusted files: a file of more than `most` bytes is EFBIG. */
MUST_CHECK int file_read_up_to(int directory, const char *name, size_t most, char **text,
                               size_t *bytes);

/* The same for an open descriptor, which may be a pipe: reads from its current offset to its
 * end. */
MUST_CHECK int descriptor_read_up_to(int fd, size_t most, char **text, size_t *bytes);

#endif
