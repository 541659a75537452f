/* The lock of a run's directory: whoever holds it is the only one who writes there, on this host
 * and on any other that mounts the same file system.
 *
 * It is a lock on a regular file that is opened for reading and writing, because that is what
 * network file systems carry to the server. Measured with NFS 3 and 4.2 between two hosts:
 *
 *   flock on the directory       both hosts get it, each from its own kernel
 *   flock or fcntl on the file   the second host is refused; a host that has died loses the lock
 *                                when its lease ends (17 s)
 *   a file made with O_EXCL      the second host is refused, but the file of a host that has died
 *                                stays for ever
 *
 * Of the two that work it is fcntl's kind, as an open file description lock (F_OFD_SETLK): two
 * descriptors of one process exclude each other too, as the runs of a sweep must, and closing
 * another descriptor of the file frees nothing. And such a lock can be asked for without taking it
 * (F_OFD_GETLK), so that readers disturb nobody.
 *
 * The file stays when the lock is free. Were it removed, one process could hold the lock of the
 * removed file and another that of a new one; for files that somebody else replaces, the lock is
 * taken only if the file still has its name. It is empty; run.json names the process. */
#ifndef TRAINER_RUN_LOCK_H
#define TRAINER_RUN_LOCK_H

#include <stdbool.h>

#include "must_check.h"

#define RUN_LOCK_FILE "run.lock"

/* Who held the lock when it was asked for. */
typedef enum run_lock_holder {
    RUN_LOCK_NOBODY,
    RUN_LOCK_ANOTHER,
    RUN_LOCK_UNKNOWN /* the message [MESSAGE_BYTES] says why and what to do */
} run_lock_holder;

/* Below, `directory` is a descriptor of the run's directory, and `path` what messages call it. */

/* Takes the lock if NOBODY holds it: *descriptor then has it until it is closed, and is for the
 * caller to close; else it is -1. Makes the file if there is none. The lock is UNKNOWN also if
 * other hosts would not see it.
 *
 * Trainers of earlier versions lock the directory itself by flock. They are kept out, and found, by
 * a shared flock that `directory` has until it is closed. */
MUST_CHECK run_lock_holder run_lock_take(int directory, const char *path, int *descriptor,
                                         char *message);

/* Has the lock that `descriptor` took gone to another? A network file system loses a lock if its
 * server or the network is away for longer than a lease; then another host may get it. True if
 * another process has the lock, or if its file has been replaced or removed. A lock that was lost
 * and that nobody has is taken again. An error is no answer: the lock then counts as kept. */
bool run_lock_is_lost(int directory, int descriptor);

/* Asks and takes and makes nothing, so that a directory may be read-only. Without the file NOBODY
 * holds the lock, even if a trainer of an earlier version writes there. */
MUST_CHECK run_lock_holder run_lock_ask(int directory, const char *path, char *message);

/* Sets the message [MESSAGE_BYTES] to a warning if other hosts may not see the lock and nothing
 * tells whether they do; to "" otherwise. */
void run_lock_doubt(int directory, const char *path, char *message);

#endif
