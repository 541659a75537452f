#define _GNU_SOURCE /* O_TMPFILE, renameat2, fopencookie */

#include "platform.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- Files that get their name last ---- */

/* Of the link through which a file without a name can be given one. */
enum { PROC_PATH_BYTES = 32 };

static void proc_path(char path[PROC_PATH_BYTES], int descriptor)
{
    snprintf(path, PROC_PATH_BYTES, "/proc/self/fd/%d", descriptor);
}

int platform_open_unnamed(const char *directory)
{
    const int descriptor = open(directory, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
    char link[PROC_PATH_BYTES];
    proc_path(link, descriptor);
    if (descriptor < 0 || access(link, F_OK) == 0) {
        return descriptor;
    }
    close(descriptor); /* without /proc it could never be named */
    return -1;
}

bool platform_name_file(int descriptor, const char *path)
{
    char link[PROC_PATH_BYTES];
    proc_path(link, descriptor);
    return linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

bool platform_rename_to_new(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
}

/* ---- A stream with a function of ours ---- */

typedef struct stream_target {
    int descriptor;
    platform_write *write;
} stream_target;

static ssize_t write_to_target(void *cookie, const char *text, size_t bytes)
{
    const stream_target *target = cookie;
    return target->write(target->descriptor, text, bytes) ? (ssize_t)bytes : 0;
}

static int free_target(void *cookie)
{
    free(cookie);
    return 0;
}

FILE *platform_open_stream(int descriptor, platform_write *write)
{
    stream_target *target = malloc(sizeof *target);
    if (target == NULL) {
        return NULL;
    }
    *target = (stream_target){.descriptor = descriptor, .write = write};
    const cookie_io_functions_t functions = {.write = write_to_target, .close = free_target};
    FILE *stream = fopencookie(target, "w", functions);
    if (stream == NULL) {
        free(target);
    }
    return stream;
}
