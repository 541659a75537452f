/* A lock on a directory, which excludes other writers, also those of this process. It ends with its
 * owner's process: forked children do not keep it. */
#ifndef TBLOG_DIRECTORY_LOCK_H
#define TBLOG_DIRECTORY_LOCK_H

#include "tblog/tblog.h"

typedef struct directory_lock directory_lock;

/* Locks the directory without waiting. NULL with errno: EBUSY if it is locked. The directory itself
 * is locked, so a process that dies leaves no lock file. */
TBLOG_MUST_CHECK directory_lock *directory_lock_take(const char *path);

/* Unlocks and frees the lock; NULL does nothing. A forked child's copy is only freed. */
void directory_lock_release(directory_lock *lock);

#endif
