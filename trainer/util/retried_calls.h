/* System calls that are repeated if they are interrupted. On network file systems and FUSE any call
 * that waits for a server may fail with EINTR. The interrupted call may still have taken effect; if
 * its repetition finds that, it counts as success. Otherwise these behave like the calls of the
 * same names. */
#ifndef TRAINER_RETRIED_CALLS_H
#define TRAINER_RETRIED_CALLS_H

#include <sys/types.h>

#include "must_check.h"

MUST_CHECK int retried_openat(int directory, const char *name, int flags, mode_t mode);

/* Returns EEXIST also if an interrupted call has made the directory. */
MUST_CHECK int retried_mkdir(const char *path, mode_t mode);

/* Renames within one directory. */
MUST_CHECK int retried_renameat(int directory, const char *from, const char *to);

/* Returns ENOENT also if an interrupted call has removed the file. */
int retried_unlinkat(int directory, const char *name, int flags);

/* Never repeated: Linux releases the descriptor even if close fails, and another thread may already
 * use its number. An interrupted close counts as success; a synced file loses nothing by it. */
MUST_CHECK int uninterrupted_close(int fd);

#endif
