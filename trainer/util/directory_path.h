/* A directory by its path: opens it, makes the missing directories of the path, and removes them
 * again. */
#ifndef TRAINER_DIRECTORY_PATH_H
#define TRAINER_DIRECTORY_PATH_H

#include <stddef.h>

#include "must_check.h"

/* A descriptor of the directory, for the caller to close, or -1 with errno. */
MUST_CHECK int directory_open(const char *path);

/* Makes the missing directories of the path, from the top, and syncs their names to the disk.
 * *made_at is the length of the path of the topmost directory that it made, 0 for none; it is set
 * on failure too. 0, or -1 with a message [MESSAGE_BYTES]. */
MUST_CHECK int directory_make(const char *path, size_t *made_at, char *message);

/* Removes the directories that directory_make made, from the bottom; stops at one that is not
 * empty. */
void directory_unmake(const char *path, size_t made_at);

#endif
