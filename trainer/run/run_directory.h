/* A run's directory: what is in one before a run begins, making it, locking it, and removing what
 * the trainer wrote there.
 *
 * A directory with a run.json is the trainer's. The trainer wrote run.json, the checkpoint, the
 * models (model_files.h), the temporary files of these, the lock's file (run_lock.h), and the event
 * files that run.json names; everything else is somebody's and is never touched. (If run.json names
 * no event files, run_record_owns decides.) Does not see tblog: event files are names here. */
#ifndef TRAINER_RUN_DIRECTORY_H
#define TRAINER_RUN_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "checkpoint.h"
#include "must_check.h"
#include "run_record.h"

/* The record of the run at `path` as run_record_read, except that a run that says it is running
 * while no process of any host holds its lock has died, and is interrupted or diverged. Makes and locks
 * nothing. If the lock cannot be asked for, run.json is believed. */
MUST_CHECK run_record_presence run_directory_read(const char *path, run_record *out, char *message);

/* What a new run may do with a run of the trainer that is there. */
typedef enum run_directory_replace {
    RUN_DIRECTORY_REPLACE_NONE = 0,
    RUN_DIRECTORY_CONTINUE,   /* none; but one of the same configuration that did not finish, or has
                                 fewer epochs, may be continued */
    RUN_DIRECTORY_REPLACE_ANY /* also one whose run.json is damaged, but none that cannot be read */
} run_directory_replace;

typedef enum run_directory_verdict {
    RUN_DIRECTORY_USABLE,   /* no run is there, or one that may be replaced or continued */
    RUN_DIRECTORY_FINISHED, /* CONTINUE: the run that is wanted is there, finished */
    RUN_DIRECTORY_DIVERGED, /* CONTINUE: it is there and diverged, as it would again */
    RUN_DIRECTORY_HELD,     /* another process is writing a run there */
    RUN_DIRECTORY_REFUSED   /* a run that may not be replaced, or no place for a run at all: other
                               runs are above or below it, it holds event files or models that the
                               trainer did not write, or it is no directory */
} run_directory_verdict;

/* May a run of this configuration begin at `path`? Unless it is USABLE the message [MESSAGE_BYTES]
 * says why not. Changes nothing. */
MUST_CHECK run_directory_verdict run_directory_judge(const char *path, const run_config *config,
                                                     run_directory_replace replace, char *message);

typedef struct run_directory run_directory;

/* Judges as above, makes `path` and its parents if they are missing, and locks it for this handle.
 * Then judges it again, since others had time to write there; a run that may be replaced or
 * continued stays there until it is cleared. USABLE, and *out is the handle; or another verdict with a
 * message [MESSAGE_BYTES]: then nothing is removed, and nothing is left that was not there, but perhaps
 * the lock's file if others came in between. A file system whose locks other hosts would not see is
 * refused. */
MUST_CHECK run_directory_verdict run_directory_open(run_directory **out, const char *path,
                                                    const run_config *config,
                                                    run_directory_replace replace, char *message);

/* Sets the message [MESSAGE_BYTES] to a warning if it is not known whether other hosts see the
 * lock; to "" otherwise. */
void run_directory_doubt(const run_directory *directory, char *message);

/* Is the run still this handle's? A lock on a network file system can be lost (run_lock_is_lost),
 * and another process, on another host, may then take the run over. It is lost also if run.json does
 * not name the process any more that it named when this handle wrote it last. 0 if the run is still
 * this handle's; otherwise -1 with a message [MESSAGE_BYTES] that says who has it, or why that is not
 * known.
 *
 * All functions below that write or remove anything ask this first: if it fails, so do they, and
 * nothing is changed. The next step of the other process may come right after the answer, so two
 * processes can still meet, but for moments and not for the rest of the training.
 *
 * Event files need no such question. A process writes only to files that it has made itself, under
 * names that nobody has used. Those of the other process stay as they are. */
MUST_CHECK int run_directory_check_owner(const run_directory *directory, char *message);

/* Removes the run that is there, if any, but not the lock's file. 0, or -1 with a message. */
MUST_CHECK int run_directory_clear(const run_directory *directory, char *message);

/* What is there of a run that is to be continued. */
typedef enum run_directory_past {
    RUN_DIRECTORY_PAST_UNREADABLE,    /* it cannot be read; the message says why */
    RUN_DIRECTORY_NO_PAST,            /* nothing */
    RUN_DIRECTORY_PAST_WITHOUT_STATE, /* a run whose training must begin anew */
    RUN_DIRECTORY_PAST_WITH_STATE     /* a run whose training may continue from *state */
} run_directory_past;

/* Reads run.json into *there and the checkpoint into *state, which the caller frees; each is empty if
 * there is none of use. If run.json names no event files, those that are the run's (run_record_owns)
 * are named in *there. Changes nothing. The message [MESSAGE_BYTES] says why there is no state. */
MUST_CHECK run_directory_past run_directory_restore(const run_directory *directory,
                                                    run_record *there, checkpoint *state,
                                                    char *message);

/* Replaces the checkpoint, or removes it with what a process left that was killed while it wrote one.
 * 0, or -1 with a message. */
MUST_CHECK int run_directory_keep_state(const run_directory *directory, const checkpoint *state,
                                        char *message);
MUST_CHECK int run_directory_drop_state(const run_directory *directory, char *message);

/* Removes the models; *had_any says whether there were some. 0, or -1 with a message. */
MUST_CHECK int run_directory_drop_models(const run_directory *directory, bool *had_any,
                                         char *message);

/* The descriptor that is open on the directory, the handle's own. */
int run_directory_descriptor(const run_directory *directory);

/* Replaces run.json in the directory that was opened, even if it has been moved since. 0, or -1
 * with a message. */
MUST_CHECK int run_directory_write(run_directory *directory, const run_record *record,
                                   char *message);

/* The same with *there, the record of a run that was to be continued and could not begin. The event
 * files that were made for it are named in *there, too. */
MUST_CHECK int run_directory_put_back(run_directory *directory, run_record *there, char *message);

/* Frees the handle and the lock; NULL is allowed. */
void run_directory_close(run_directory *directory);

/* The same, and undoes the opening: removes what the trainer wrote, and the directories that the
 * opening made. In a directory that was there the lock's file stays. For a run that failed before
 * it did anything. Only closes what another process has taken over. */
void run_directory_discard(run_directory *directory);

#endif
