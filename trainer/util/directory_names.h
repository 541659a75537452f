/* What is in a directory: all of it, or the cause of a failure. One that cannot be read is never
 * taken for an empty one. */
#ifndef TRAINER_DIRECTORY_NAMES_H
#define TRAINER_DIRECTORY_NAMES_H

#include <dirent.h>

#include "must_check.h"

typedef struct directory_names {
    struct dirent **all; /* [count], sorted by name */
    int count;
} directory_names;

/* Lists the directory `name`, as openat finds it from `directory`. What is not there, or is no
 * directory, has no names. 0, and *out is for the caller to free; or -1 with errno and *out
 * empty. */
MUST_CHECK int directory_names_read(directory_names *out, int directory, const char *name);

void directory_names_free(directory_names *names);

#endif
