#include "file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "directory_sync.h"
#include "retried_calls.h"

static int write_piece(int fd, const file_piece *piece)
{
    const uint8_t *next = piece->data;
    size_t left = piece->bytes;
    while (left > 0) {
        const ssize_t written = write(fd, next, left);
        if (written < 0 && errno != EINTR) {
            return -1;
        }
        if (written > 0) {
            next += written;
            left -= (size_t)written;
        }
    }
    return 0;
}

static int write_pieces(int fd, const file_piece *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (write_piece(fd, &pieces[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Makes a new file and writes it. */
static int write_file(int directory, const char *name, const file_piece *pieces, size_t count,
                      bool sync)
{
    retried_unlinkat(directory, name, 0);
    const int fd = retried_openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        return -1;
    }
    const bool whole = write_pieces(fd, pieces, count) == 0 && (!sync || descriptor_sync(fd) == 0);
    const int cause = errno;
    if (uninterrupted_close(fd) != 0 || !whole) {
        errno = whole ? errno : cause;
        return -1;
    }
    return 0;
}

int file_replace(int directory, const char *name, const file_piece *pieces, size_t count, bool sync)
{
    char temporary[NAME_MAX + 1];
    snprintf(temporary, sizeof temporary, "%s" FILE_REPLACE_SUFFIX, name);
    if (write_file(directory, temporary, pieces, count, sync) != 0 ||
        retried_renameat(directory, temporary, name) != 0) {
        const int cause = errno;
        retried_unlinkat(directory, temporary, 0);
        errno = cause;
        return -1;
    }
    return sync ? directory_sync(directory) : 0;
}
