/* Brings the names in a directory to the disk, as fsync brings the bytes of a file. */
#ifndef TRAINER_DIRECTORY_SYNC_H
#define TRAINER_DIRECTORY_SYNC_H

#include "must_check.h"

/* fsync(2) that an interruption does not end. 0, or -1 with errno. */
MUST_CHECK int descriptor_sync(int fd);

/* The same for a descriptor of a directory: a file that was made or renamed there keeps its name
 * after a power failure. File systems that cannot sync a directory, as some network ones, count as
 * done. */
MUST_CHECK int directory_sync(int fd);

#endif
