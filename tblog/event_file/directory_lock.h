/* A lock on a directory, by which one writer keeps others out, those of this process too. It ends
 * with its owner's process: a child of a fork does not keep it. */
#ifndef TBLOG_DIRECTORY_LOCK_H
#define TBLOG_DIRECTORY_LOCK_H

#include "tblog/tblog.h"

typedef struct directory_lock directory_lock;

/* Locks the directory without waiting. NULL with errno: EBUSY where another has locked it. The
 * directory itself is locked, so no file is left behind by a process that dies. */
TBLOG_MUST_CHECK directory_lock *directory_lock_take(const char *path);

/* Unlocks, and frees the lock; NULL does nothing. A forked child's copy is freed only. */
void directory_lock_release(directory_lock *lock);

#endif
