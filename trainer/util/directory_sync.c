#include "directory_sync.h"

#include <errno.h>
#include <unistd.h>

int descriptor_sync(int fd)
{
    int status;
    do {
        status = fsync(fd);
    } while (status != 0 && errno == EINTR);
    return status;
}

int directory_sync(int fd)
{
    return descriptor_sync(fd) == 0 || errno == EINVAL ? 0 : -1;
}
