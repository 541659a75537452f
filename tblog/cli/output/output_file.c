#include "output_file.h"

#include "complaint.h"
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool complain(const output_file *file)
{
    complaint_print(file->command, file->path == NULL ? "standard output" : file->path, "%s",
                    strerror(errno));
    return false;
}

/* ---- Beginning ---- */

static bool is_free(const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        return errno == ENOENT;
    }
    errno = EEXIST;
    return false;
}

/* Opens a file without a name in the directory of `path`. A descriptor, or -1. */
static int open_unnamed(const char *path)
{
    char *directory = strdup(path);
    if (directory == NULL) {
        return -1;
    }
    char *slash = strrchr(directory, '/');
    if (slash != NULL) {
        slash[1] = '\0';
    }
    const int descriptor = platform_open_unnamed(slash == NULL ? "." : directory);
    free(directory);
    return descriptor;
}

/* For file systems without such files: opens OUT.partial, which stays only if the process is
 * killed. */
static int open_partial(output_file *file)
{
    const size_t bytes = strlen(file->path) + sizeof ".partial";
    file->partial = malloc(bytes);
    if (file->partial == NULL) {
        return -1;
    }
    snprintf(file->partial, bytes, "%s.partial", file->path);
    const int descriptor = open(file->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        const int cause = errno;
        free(file->partial);
        file->partial = NULL;
        errno = cause;
    }
    return descriptor;
}

/* Closes the file, and removes it if it has no final name yet. False if closing failed. */
static bool let_go(output_file *file)
{
    const bool closed = file->stream == NULL || fclose(file->stream) == 0;
    const int cause = errno;
    if (file->partial != NULL) {
        unlink(file->partial);
    }
    free(file->partial);
    file->partial = NULL;
    errno = cause;
    return closed;
}

bool output_file_open(output_file *file, const char *command, const char *path)
{
    *file = (output_file){.command = command, .path = path};
    if (path == NULL) {
        file->stream = stdout;
        return true;
    }
    if (!is_free(path)) {
        return complain(file);
    }
    int descriptor = open_unnamed(path);
    if (descriptor < 0) {
        descriptor = open_partial(file);
    }
    if (descriptor < 0) {
        return complain(file);
    }
    file->stream = fdopen(descriptor, "wb");
    if (file->stream != NULL) {
        return true;
    }
    (void)complain(file);
    close(descriptor);
    (void)let_go(file);
    return false;
}

/* ---- Writing ---- */

bool output_file_write(output_file *file, const void *bytes, size_t count)
{
    return fwrite(bytes, 1, count, file->stream) == count || complain(file);
}

/* ---- Ending ---- */

static bool write_out(output_file *file)
{
    bool failed = ferror(file->stream) || fflush(file->stream) != 0;
    if (!failed && file->sync) {
        failed = fsync(fileno(file->stream)) != 0;
    }
    return !failed || complain(file);
}

/* Gives the file its name, unless the name exists by now. */
static bool give_name(output_file *file)
{
    if (file->partial == NULL) {
        return platform_name_file(fileno(file->stream), file->path);
    }
    if (platform_rename_to_new(file->partial, file->path)) {
        free(file->partial);
        file->partial = NULL;
        return true;
    }
    /* For file systems that can rename only by replacing. */
    return errno == EINVAL && link(file->partial, file->path) == 0;
}

enum exit_status output_file_end(output_file *file, enum exit_status status)
{
    if (status != EXIT_STATUS_FAILED && !write_out(file)) {
        status = EXIT_STATUS_FAILED;
    }
    if (file->path == NULL) {
        return status;
    }
    const bool named = status != EXIT_STATUS_FAILED && give_name(file);
    if (status != EXIT_STATUS_FAILED && !named) {
        (void)complain(file);
        status = EXIT_STATUS_FAILED;
    }
    if (!let_go(file) && named) {
        (void)complain(file);
        unlink(file->path);
        status = EXIT_STATUS_FAILED;
    }
    return status;
}
