#include "output_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "file_replace.h"
#include "message.h"

int output_path_open_directory(const char *path, char *directory, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    const size_t length = (size_t)(*name - path);
    if (length >= PATH_MAX || strlen(*name) + strlen(FILE_REPLACE_SUFFIX) > NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    /* Without the slash at its end, unless it is the root. */
    snprintf(directory, PATH_MAX, "%.*s", length > 1 ? (int)length - 1 : 1,
             length > 0 ? path : ".");
    return open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int output_path_check(const char *path, bool overwrite, char *message)
{
    char temporary[PATH_MAX + sizeof FILE_REPLACE_SUFFIX];
    struct stat there;
    if (!overwrite && lstat(path, &there) == 0) {
        return message_set(message, "%s exists; --overwrite replaces it", path);
    }
    snprintf(temporary, sizeof temporary, "%s" FILE_REPLACE_SUFFIX, path);
    if (lstat(temporary, &there) == 0) {
        return message_set(
            message, "%s is in the way: a temporary file needs this name; move it or remove it",
            temporary);
    }
    return 0;
}
