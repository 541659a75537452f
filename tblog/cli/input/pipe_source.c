#include "pipe_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct pipe_source {
    record_source base;
    int pipe;
    FILE *kept; /* what has come so far */
    uint64_t kept_bytes;
} pipe_source;

static bool keep(pipe_source *source, const char *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t written =
            pwrite(fileno(source->kept), bytes, count, (off_t)source->kept_bytes);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            source->kept_bytes += (uint64_t)written;
            bytes += written;
            count -= (size_t)written;
        }
    }
    return true;
}

static ssize_t pipe_source_read_at(record_source *self, void *data, size_t bytes, uint64_t offset)
{
    pipe_source *source = (pipe_source *)self;
    while (source->kept_bytes <= offset) {
        char come[64 * 1024];
        const ssize_t count = read(source->pipe, come, sizeof come);
        if (count <= 0) {
            return count;
        }
        if (!keep(source, come, (size_t)count)) {
            return -1;
        }
    }
    return pread(fileno(source->kept), data, bytes, (off_t)offset);
}

static void pipe_source_close(record_source *self)
{
    pipe_source *source = (pipe_source *)self;
    fclose(source->kept);
    close(source->pipe);
    free(source);
}

record_source *pipe_source_open(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return NULL;
    }
    if (!S_ISFIFO(status.st_mode)) {
        errno = ESPIPE;
        return NULL;
    }
    pipe_source *source = calloc(1, sizeof *source);
    if (source == NULL) {
        return NULL;
    }
    source->base = (record_source){.read_at = pipe_source_read_at, .close = pipe_source_close};
    source->pipe = open(path, O_RDONLY | O_CLOEXEC);
    source->kept = source->pipe < 0 ? NULL : tmpfile();
    if (source->kept != NULL) {
        return &source->base;
    }
    const int cause = errno;
    if (source->pipe >= 0) {
        close(source->pipe);
    }
    free(source);
    errno = cause;
    return NULL;
}
