/* The names in a directory: all of them, or the cause of a failure. A directory that cannot be read
 * never looks like an empty one. */
#ifndef TRAINER_DIRECTORY_NAMES_H
#define TRAINER_DIRECTORY_NAMES_H

#include <dirent.h>

#include "must_check.h"

typedef struct directory_names {
    struct dirent **all; /* [count], sorted by name */
    int count;
} directory_names;

/* Lists the directory `name`, relative to the descriptor `directory` as for openat. If it does not
 * exist or is no directory, there are no names. 0, and the caller frees *out; or -1 with errno and
 * *out empty. */
MUST_CHECK int directory_names_read(directory_names *out, int directory, const char *name);

void directory_names_free(directory_names *names);

#endif
