#include "file_presence.h"

#include <errno.h>

file_presence file_presence_of(int cause)
{
    if (cause == ENOENT || cause == ENOTDIR) {
        return FILE_ABSENT;
    }
    return cause == 0 ? FILE_DAMAGED : FILE_UNREADABLE;
}
