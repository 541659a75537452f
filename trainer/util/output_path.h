/* The path of a file that a user names for output. */
#ifndef TRAINER_OUTPUT_PATH_H
#define TRAINER_OUTPUT_PATH_H

#include <stdbool.h>

#include "must_check.h"

/* A descriptor of the directory of `path`, for the caller to close, and its path in `directory`
 * [PATH_MAX]. *name is the file's name in it, the end of `path`. -1 with errno; a name that is too
 * long for file_replace.h is ENAMETOOLONG. */
MUST_CHECK int output_path_open_directory(const char *path, char *directory, const char **name);

/* May file_replace.h write a file at `path`? Not if something exists there, unless `overwrite` is
 * set. Nor if a file has the temporary name: it belongs to the user and would be removed. 0, or -1
 * with a message [MESSAGE_BYTES]. */
MUST_CHECK int output_path_check(const char *path, bool overwrite, char *message);

#endif
