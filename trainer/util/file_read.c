#include "file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "retried_calls.h"

enum { FIRST_CAPACITY = 4096, STALE_TRIES = 5 };

/* -1 with errno as file_read_up_to. */
static int open_regular(int directory, const char *name, size_t most)
{
    struct stat status;
    const int fd = retried_openat(directory, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    const int known = fstat(fd, &status);
    const bool is_regular = known == 0 && S_ISREG(status.st_mode);
    if (!is_regular || (uintmax_t)status.st_size > most) {
        const int cause = known != 0 ? errno : is_regular ? EFBIG : 0;
        close(fd);
        errno = cause;
        return -1;
    }
    return fd;
}

/* Reads to the end of the file, even if it grows meanwhile. */
static int read_to_end(int fd, size_t most, char **text, size_t *bytes)
{
    size_t capacity = 0;
    for (;;) {
        if (*bytes + 1 >= capacity) {
            capacity = capacity == 0 ? FIRST_CAPACITY : 2 * capacity;
            char *larger = realloc(*text, capacity);
            if (larger == NULL) {
                return -1;
            }
            *text = larger;
        }
        const ssize_t more = read(fd, *text + *bytes, capacity - 1 - *bytes);
        if (more == 0) {
            (*text)[*bytes] = '\0';
            return 0;
        }
        if (more < 0 && errno != EINTR) {
            return -1;
        }
        *bytes += more > 0 ? (size_t)more : 0;
        if (*bytes > most) {
            errno = EFBIG;
            return -1;
        }
    }
}

int descriptor_read_up_to(int fd, size_t most, char **text, size_t *bytes)
{
    *text = NULL;
    *bytes = 0;
    if (read_to_end(fd, most, text, bytes) == 0) {
        return 0;
    }
    const int cause = errno;
    free(*text);
    *text = NULL;
    errno = cause;
    return -1;
}

static int read_once(int directory, const char *name, size_t most, char **text, size_t *bytes)
{
    *text = NULL;
    const int fd = open_regular(directory, name, most);
    if (fd < 0) {
        return -1;
    }
    const int status = descriptor_read_up_to(fd, most, text, bytes);
    const int cause = errno;
    close(fd);
    errno = cause;
    return status;
}

int file_read_up_to(int directory, const char *name, size_t most, char **text, size_t *bytes)
{
    int status = read_once(directory, name, most, text, bytes);
    for (int tries = 1; status != 0 && errno == ESTALE && tries < STALE_TRIES; tries++) {
        status = read_once(directory, name, most, text, bytes);
    }
    return status;
}

int file_read(int directory, const char *name, char **text, size_t *bytes)
{
    return file_read_up_to(directory, name, SIZE_MAX, text, bytes);
}

const char *file_read_reason(int cause)
{
    return cause == 0 ? "it is not a regular file" : strerror(cause);
}
