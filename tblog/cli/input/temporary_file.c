#include "temporary_file.h"

#include <errno.h>
#include <unistd.h>

bool temporary_file_open(temporary_file *file)
{
    *file = (temporary_file){.stream = tmpfile()};
    return file->stream != NULL;
}

bool temporary_file_append(temporary_file *file, const void *bytes, size_t count)
{
    if (fwrite(bytes, 1, count, file->stream) != count) {
        return false;
    }
    file->bytes += count;
    return true;
}

bool temporary_file_flush(temporary_file *file)
{
    return fflush(file->stream) == 0;
}

ssize_t temporary_file_read(const temporary_file *file, void *bytes, size_t count, uint64_t offset)
{
    size_t done = 0;
    while (done < count) {
        const ssize_t got =
            pread(fileno(file->stream), (char *)bytes + done, count - done, (off_t)(offset + done));
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)done;
}

void temporary_file_close(temporary_file *file)
{
    if (file->stream != NULL) {
        fclose(file->stream);
    }
    *file = (temporary_file){0};
}
