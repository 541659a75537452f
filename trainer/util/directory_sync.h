/* Syncs the names in a directory to the disk, as fsync does with the bytes of a file. */
#ifndef TRAINER_DIRECTORY_SYNC_H
#define TRAINER_DIRECTORY_SYNC_H

#include "must_check.h"

/* fsync(2), repeated if it is interrupted. 0, or -1 with errno. */
MUST_CHECK int descriptor_sync(int fd);

/* The same for a descriptor of a directory: a file that was made or renamed there keeps its name
 * after a power failure. If the file system cannot sync directories, as some network file systems,
 * this counts as success. */
MUST_CHECK int directory_sync(int fd);

#endif
