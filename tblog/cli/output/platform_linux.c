#define _GNU_SOURCE /* O_TMPFILE, renameat2, fopencookie */

#include "platform.h"

#include <fcntl.h>
#include <unistd.h>

/* The path of the link through which an unnamed file can get a name. */
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

FILE *platform_open_stream(void *context, platform_write *write)
{
    const cookie_io_functions_t functions = {.write = write};
    return fopencookie(context, "w", functions);
}
