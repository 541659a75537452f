#include "retried_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int retried_openat(int directory, const char *name, int flags, mode_t mode)
{
    int fd;
    do {
        fd = openat(directory, name, flags, mode);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

int retried_mkdir(const char *path, mode_t mode)
{
    int status;
    do {
        status = mkdir(path, mode);
    } while (status != 0 && errno == EINTR);
    return status;
}

int retried_renameat(int directory, const char *from, const char *to)
{
    bool was_interrupted = false;
    while (renameat(directory, from, directory, to) != 0) {
        if (errno == ENOENT && was_interrupted) {
            return 0;
        }
        if (errno != EINTR) {
            return -1;
        }
        was_interrupted = true;
    }
    return 0;
}

int retried_unlinkat(int directory, const char *name, int flags)
{
    int status;
    do {
        status = unlinkat(directory, name, flags);
    } while (status != 0 && errno == EINTR);
    return status;
}

int uninterrupted_close(int fd)
{
    return close(fd) == 0 || errno == EINTR ? 0 : -1;
}
