/* A run's directory: makes it, locks it, reads the run that is to be continued, and removes what
 * the trainer wrote there. run_directory_judge.h decides whether a run may begin.
 *
 * A directory with a run.json is the trainer's. The trainer wrote run.json, the checkpoint, the
 * models (model_files.h), the temporary files of these, the lock's file (run_lock.h), and the event
 * files that run.json names. Everything else belongs to the user and is never touched. (If run.json
 * names no event files, run_record_owns decides.) Does not see tblog: it knows only the names of
 * event files. */
#ifndef TRAINER_RUN_DIRECTORY_H
#define TRAINER_RUN_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "checkpoint.h"
#include "must_check.h"
#include "run_directory_judge.h"
#include "run_record.h"
#include "run_record_file.h"

/* Reads the record of the run at `path`, like run_record_read. But if run.json says "running" and
 * no process on any host holds the lock, the run has died: its state is then interrupted or
 * diverged. If the lock cannot be queried, the state is that of run.json. Makes and locks
 * nothing. */
MUST_CHECK file_presence run_directory_read(const char *path, run_record *out, char *message);

typedef struct run_directory run_directory;

/* Judges like run_directory_judge, makes `path` and its parents if they are missing, and locks it
 * for this handle. Then judges it again, since others may have written there meanwhile. A run that
 * may be replaced or continued stays until it is cleared. USABLE, and *out is the handle; or
 * another verdict with a message [MESSAGE_BYTES]: then the directory is as before, except that the
 * lock's file may remain if another process came in between. A file system whose locks other hosts
 * would not see is refused. */
MUST_CHECK run_directory_verdict run_directory_open(run_directory **out, const char *path,
                                                    const run_config *config,
                                                    run_directory_replace replace, char *message);

/* Sets the message [MESSAGE_BYTES] to a warning if it is not known whether other hosts see the
 * lock; to "" otherwise. */
void run_directory_doubt(const run_directory *directory, char *message);

/* Does this handle still own the run? A lock on a network file system can be lost
 * (run_lock_is_lost), and a process on another host may then take over the run. The run is also
 * lost if run.json names another process than when this handle wrote it last. 0 if the run is still
 * this handle's; otherwise -1 with a message [MESSAGE_BYTES] that names the owner, or the reason
 * why it is not known.
 *
 * All functions below that write or remove anything check this first. If the check fails, so do
 * they, and nothing is changed. The other process may act right after the check, so both may write
 * for a moment, but not for the rest of the training.
 *
 * Event files need no check: a process writes only to files that it has made itself, under new
 * names. */
MUST_CHECK int run_directory_check_owner(const run_directory *directory, char *message);

/* Removes the run that is there, if any, but not the lock's file. 0, or -1 with a message. */
MUST_CHECK int run_directory_clear(const run_directory *directory, char *message);

/* What remains of a run that is to be continued. */
typedef enum run_directory_past {
    RUN_DIRECTORY_PAST_UNREADABLE,    /* it cannot be read; the message has the cause */
    RUN_DIRECTORY_NO_PAST,            /* nothing */
    RUN_DIRECTORY_PAST_WITHOUT_STATE, /* a run that must be trained from its first step */
    RUN_DIRECTORY_PAST_WITH_STATE     /* a run whose training can continue from *state */
} run_directory_past;

/* Reads run.json into *there and the checkpoint into *state; the caller frees both. Each is empty
 * if it is missing or unusable. If run.json names no event files, those that are the run's
 * (run_record_owns) are added to *there. Changes nothing. The message [MESSAGE_BYTES] is the reason
 * why there is no state. */
MUST_CHECK run_directory_past run_directory_restore(const run_directory *directory,
                                                    run_record *there, checkpoint *state,
                                                    char *message);

/* Replaces the checkpoint; or removes it, together with the temporary file of a process that was
 * killed while it wrote one. 0, or -1 with a message. */
MUST_CHECK int run_directory_keep_state(const run_directory *directory, const checkpoint *state,
                                        char *message);
MUST_CHECK int run_directory_drop_state(const run_directory *directory, char *message);

/* Removes the models; *had_any: were there any? 0, or -1 with a message. */
MUST_CHECK int run_directory_drop_models(const run_directory *directory, bool *had_any,
                                         char *message);

/* The descriptor that is open on the directory, the handle's own. */
int run_directory_descriptor(const run_directory *directory);

/* Replaces run.json in the directory that was opened, even if it has been moved since. 0, or -1
 * with a message. */
MUST_CHECK int run_directory_write(run_directory *directory, const run_record *record,
                                   char *message);

/* The same with *there, the record of a run that could not be continued. The event files that were
 * made for it are added to *there. */
MUST_CHECK int run_directory_put_back(run_directory *directory, run_record *there, char *message);

/* Frees the handle and the lock; NULL is allowed. */
void run_directory_close(run_directory *directory);

/* The same, and undoes the opening: removes what the trainer wrote, and the directories that the
 * opening made. If the directory existed before, the lock's file stays. For a run that failed
 * before its first step. If another process has taken over the run, this only closes. */
void run_directory_discard(run_directory *directory);

#endif
