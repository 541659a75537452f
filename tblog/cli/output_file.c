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

bool output_file_finish(output_file *file)
{
    bool failed = ferror(file->stream) || fflush(file->stream) != 0;
    if (!failed && file->path != NULL)
        failed = fsync(fileno(file->stream)) != 0;
    if (failed)
        (void)complain(file);
    if (failed || file->path == NULL) {
        if (failed)
            output_file_discard(file);
        return !failed;
    }
    FILE *stream = file->stream;
    file->stream = NULL;
    if (fclose(stream) == 0)
        return true;
    (void)complain(file);
    unlink(file->path);
    return false;
}

void output_file_discard(output_file *file)
{
    if (file->path == NULL || file->stream == NULL)
        return;
    fclose(file->stream);
    unlink(file->path);
    file->stream = NULL;
}
