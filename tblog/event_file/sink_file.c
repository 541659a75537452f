#include "sink_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == sizeof(uint64_t), "offsets in files have 64 bits");

typedef struct sink_file {
    record_sink base;
    int descriptor;
    bool links_are_counted;
    bool directory_synced;
    char directory[];
} sink_file;

static bool has_no_link(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 && status.st_nlink == 0;
}

static ssize_t sink_file_write_at(record_sink *self, const void *data, size_t bytes,
                                  uint64_t offset)
{
    const sink_file *file = (const sink_file *)self;
    /* A removed file accepts all writes, and nobody will ever see them. */
    if (file->links_are_counted && has_no_link(file->descriptor)) {
        errno = ENOENT;
        return -1;
    }
    return pwrite(file->descriptor, data, bytes, (off_t)offset);
}

static int sink_file_truncate(record_sink *self, uint64_t size)
{
    return ftruncate(((sink_file *)self)->descriptor, (off_t)size);
}

/* Otherwise a file with safe data could have no name after a power loss. */
static int sync_directory(const char *directory)
{
    const int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return -1;
    }
    const int result = fsync(descriptor);
    const int cause = errno;
    close(descriptor);
    errno = cause;
    /* Some network file systems cannot sync a directory and return EINVAL. */
    return result != 0 && cause == EINVAL ? 0 : result;
}

static int sink_file_sync(record_sink *self)
{
    sink_file *file = (sink_file *)self;
    if (fsync(file->descriptor) != 0) {
        return -1;
    }
    if (!file->directory_synced) {
        if (sync_directory(file->directory) != 0) {
            return -1;
        }
        file->directory_synced = true;
    }
    return 0;
}

static int sink_file_close(record_sink *self)
{
    sink_file *file = (sink_file *)self;
    /* Linux frees the descriptor even if close fails, so close is never repeated. */
    const int result = close(file->descriptor);
    const int cause = errno;
    free(file);
    errno = cause;
    return result != 0 && cause == EINTR ? 0 : result;
}

record_sink *sink_file_create(int descriptor, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *directory = slash == NULL ? "." : path;
    /* The directory of "/name" is "/": its slash stays. */
    const size_t length = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    sink_file *file = malloc(sizeof *file + length + 1);
    if (file == NULL) {
        return NULL;
    }
    file->base = (record_sink){.write_at = sink_file_write_at,
                               .truncate = sink_file_truncate,
                               .sync = sink_file_sync,
                               .close = sink_file_close};
    file->descriptor = descriptor;
    /* Some mounts (FUSE) report 0 links for every file. */
    file->links_are_counted = !has_no_link(descriptor);
    file->directory_synced = false;
    memcpy(file->directory, directory, length);
    file->directory[length] = '\0';
    return &file->base;
}
