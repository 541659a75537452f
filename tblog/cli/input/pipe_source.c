#include "pipe_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temporary_file.h"

typedef struct pipe_source {
    record_source base;
    int pipe;
    temporary_file kept; /* what has come so far */
} pipe_source;

static ssize_t pipe_source_read_at(record_source *self, void *data, size_t bytes, uint64_t offset)
{
    pipe_source *source = (pipe_source *)self;
    while (source->kept.bytes <= offset) {
        char come[64 * 1024];
        const ssize_t count = read(source->pipe, come, sizeof come);
        if (count <= 0) {
            return count;
        }
        if (!temporary_file_append(&source->kept, come, (size_t)count) ||
            !temporary_file_flush(&source->kept)) {
            return -1;
        }
    }
    return temporary_file_read(&source->kept, data, bytes, offset);
}

static void pipe_source_close(record_source *self)
{
    pipe_source *source = (pipe_source *)self;
    temporary_file_close(&source->kept);
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
    if (source->pipe >= 0 && temporary_file_open(&source->kept)) {
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
