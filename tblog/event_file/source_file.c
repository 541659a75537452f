#include "source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == sizeof(uint64_t), "offsets in files have 64 bits");

typedef struct source_file {
    record_source base;
    int descriptor;
} source_file;

static ssize_t source_file_read_at(record_source *self, void *data, size_t bytes, uint64_t offset)
{
    return pread(((source_file *)self)->descriptor, data, bytes, (off_t)offset);
}

static void source_file_close(record_source *self)
{
    close(((source_file *)self)->descriptor);
    free(self);
}

/* 0, or an errno value if records cannot be read from this file. */
static int check_kind(int descriptor)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        return errno;
    }
    return S_ISREG(status.st_mode) ? 0 : S_ISDIR(status.st_mode) ? EISDIR : ESPIPE;
}

record_source *source_file_open(const char *path)
{
    int descriptor;
    do { /* O_NONBLOCK: do not wait for the writer of a pipe, which is refused below. */
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) {
        return NULL;
    }
    const int cause = check_kind(descriptor);
    source_file *file = cause == 0 ? malloc(sizeof *file) : NULL;
    if (file == NULL) {
        close(descriptor);
        errno = cause == 0 ? ENOMEM : cause;
        return NULL;
    }
    file->base = (record_source){.read_at = source_file_read_at, .close = source_file_close};
    file->descriptor = descriptor;
    return &file->base;
}
