#include "output_path.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "file_replace.h"
#include "message.h"

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
