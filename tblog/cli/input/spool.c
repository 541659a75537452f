#include "spool.h"

#include <errno.h>
#include <unistd.h>

bool spool_open(spool *self)
{
    *self = (spool){.file = tmpfile()};
    return self->file != NULL;
}

bool spool_add(spool *self, const void *bytes, size_t count)
{
    const char *left = bytes;
    while (count > 0) {
        const ssize_t written = pwrite(fileno(self->file), left, count, (off_t)self->bytes);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            self->bytes += (uint64_t)written;
            left += written;
            count -= (size_t)written;
        }
    }
    return true;
}

ssize_t spool_read_at(const spool *self, void *data, size_t bytes, uint64_t offset)
{
    return pread(fileno(self->file), data, bytes, (off_t)offset);
}

void spool_close(spool *self)
{
    fclose(self->file);
}
