/* System calls that an interruption does not end. Network file systems and FUSE may let any call
 * that waits for a server fail with EINTR; a call that did is made again. An interrupted call may
 * have been done all the same: what its repetition then finds counts as success. In all else these
 * are their namesakes. */
#ifndef TRAINER_RETRIED_CALLS_H
#define TRAINER_RETRIED_CALLS_H

#include <sys/types.h>

#include "must_check.h"

MUST_CHECK int retried_openat(int directory, const char *name, int flags, mode_t mode);

/* EEXIST also for a directory that an interrupted call has made. */
MUST_CHECK int retried_mkdir(const char *path, mode_t mode);

/* Within one directory. */
MUST_CHECK int retried_renameat(int directory, const char *from, const char *to);

/* ENOENT also for a file that an interrupted call has removed. */
int retried_unlinkat(int directory, const char *name, int flags);

/* Made only once: Linux gives the descriptor back even if close fails, and another thread may have
 * it then. An interrupted one loses nothing of a file that was synced, and counts as done. */
MUST_CHECK int uninterrupted_close(int fd);

#endif
