#include "directory_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "directory_sync.h"
#include "message.h"
#include "retried_calls.h"

int directory_open(const char *path)
{
    return retried_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

/* Syncs the name of a directory that was just made. A parent that may not be read cannot be
 * synced. */
static int sync_name(const char *path)
{
    char parent[PATH_MAX + 4];
    snprintf(parent, sizeof parent, "%s/..", path);
    const int fd = directory_open(parent);
    if (fd < 0) {
        return errno == EACCES ? 0 : -1;
    }
    const int status = directory_sync(fd);
    const int cause = errno;
    close(fd);
    errno = cause;
    return status;
}

int directory_make(const char *path, size_t *made_at, char *message)
{
    char part[PATH_MAX];
    const size_t length = strlen(path);
    *made_at = 0;
    if (length == 0 || length >= sizeof part) {
        return message_set(message, "the directory's path is empty or too long");
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (retried_mkdir(part, 0777) == 0) {
            *made_at = *made_at == 0 ? i : *made_at;
            if (sync_name(part) != 0) {
                return message_set(message, "the name of %s cannot be written: %s", part,
                                   strerror(errno));
            }
        } else if (errno != EEXIST) {
            return message_set(message, "%s cannot be made: %s", part, strerror(errno));
        }
        part[i] = path[i];
    }
    return 0;
}

void directory_unmake(const char *path, size_t made_at)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (size_t i = strlen(part); made_at != 0 && i >= made_at; i--) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (rmdir(part) != 0 && errno != ENOENT) {
            return;
        }
    }
}
