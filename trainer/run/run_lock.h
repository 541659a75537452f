/* The lock of a run's directory: only its holder writes there, on all hosts that mount the same
 * file system.
 *
 * It is a lock on a regular file that is opened for reading and writing, because network file
 * systems pass such locks to the server. Measured with NFS 3 and 4.2 between two hosts:
 *
 *   flock on the directory       both hosts get it, each from its own kernel
 *   flock or fcntl on the file   the second host is refused; a host that has died loses the lock
 *                                when its lease ends (17 s)
 *   a file made with O_EXCL      the second host is refused, but the file of a host that has died
 *                                is never removed
 *
 * We use fcntl's open file description lock (F_OFD_SETLK). With it two descriptors of one process
 * exclude each other too, which the runs of a sweep need, and closing another descriptor of the
 * file does not release the lock. Readers can query it without taking it (F_OFD_GETLK).
 *
 * The file stays when the lock is released. If it were removed, one process could hold the lock of
 * the removed file and another that of a new one. In case somebody else replaces the file, the lock
 * counts as taken only if the file still has its name. The file is empty; run.json names the
 * process. */
#ifndef TRAINER_RUN_LOCK_H
#define TRAINER_RUN_LOCK_H

#include <stdbool.h>

#include "must_check.h"

#define RUN_LOCK_FILE "run.lock"

/* Who held the lock at the moment of the call. */
typedef enum run_lock_holder {
    RUN_LOCK_NOBODY,
    RUN_LOCK_ANOTHER,
    RUN_LOCK_UNKNOWN /* the message [MESSAGE_BYTES] has the reason and what to do */
} run_lock_holder;

/* Below, `directory` is a descriptor of the run's directory, and `path` is its name in messages. */

/* Takes the lock if NOBODY holds it: *descriptor then holds it until the caller closes it.
 * Otherwise *descriptor is -1. Makes the file if it is missing. The holder is UNKNOWN also if other
 * hosts would not see the lock.
 *
 * Trainers of earlier versions lock the directory itself by flock. A shared flock on `directory`,
 * held until that is closed, detects them and keeps them out. */
MUST_CHECK run_lock_holder run_lock_take(int directory, const char *path, int *descriptor,
                                         char *message);

/* Was the lock of `descriptor` lost to another process? A network file system loses a lock if its
 * server or the network is away for longer than a lease; then another host may get it. True if
 * another process holds the lock, or if its file was replaced or removed. A lock that was lost and
 * is free is taken again. If the check fails, the lock counts as held. */
bool run_lock_is_lost(int directory, int descriptor);

/* Queries the lock. Takes and makes nothing, so the directory may be read-only. If there is no
 * file, NOBODY holds the lock, even if a trainer of an earlier version writes there. */
MUST_CHECK run_lock_holder run_lock_ask(int directory, const char *path, char *message);

/* Sets the message [MESSAGE_BYTES] to a warning if it is not known whether other hosts see the
 * lock; to "" otherwise. */
void run_lock_doubt(int directory, const char *path, char *message);

#endif
