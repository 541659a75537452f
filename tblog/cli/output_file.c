#include "output_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool complain(const output_file *file)
{
    fprintf(stderr, "tblog %s: %s: %s\n", file->command,
            file->path == NULL ? "standard output" : file->path, strerror(errno));
    return false;
}

bool output_file_open(output_file *file, const char *command, const char *path)
{
    *file = (output_file){.command = command, .path = path};
    file->stream = path == NULL ? stdout : fopen(path, "wbx");
    return file->stream != NULL || complain(file);
}

bool output_file_write(output_file *file, const void *bytes, size_t count)
{
    return fwrite(bytes, 1, count, file->stream) == count || complain(file);
}

static bool write_out(output_file *file)
{
    bool failed = ferror(file->stream) || fflush(file->stream) != 0;
    if (!failed && file->sync)
        failed = fsync(fileno(file->stream)) != 0;
    return !failed || complain(file);
}

enum exit_status output_file_end(output_file *file, enum exit_status status)
{
    if (status != EXIT_STATUS_FAILED && !write_out(file))
        status = EXIT_STATUS_FAILED;
    if (file->path == NULL)
        return status;
    if (fclose(file->stream) != 0 && status != EXIT_STATUS_FAILED) {
        (void)complain(file);
        status = EXIT_STATUS_FAILED;
    }
    if (status == EXIT_STATUS_FAILED)
        unlink(file->path);
    return status;
}
