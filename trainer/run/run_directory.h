/* A run's directory: what is in one before a run begins, making it, locking it, and removing what
 * the trainer wrote there.
 *
 * A directory with a run.json is the trainer's. The trainer wrote run.json, the checkpoint, the
 * temporary files of both, and the event files that run.json names; everything else is somebody's
 * and is never touched. (If run.json names no event files, run_record_owns decides.) Does not see
 * tblog: event files are names here. */
#ifndef TRAINER_RUN_DIRECTORY_H
#define TRAINER_RUN_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "checkpoint.h"
#include "must_check.h"
#include "run_record.h"

/* The record of the run at `path` as run_record_read, except that a run that says it is running
 * while nobody holds its lock has died, and is interrupted or diverged. */
MUST_CHECK run_record_presence run_directory_read(const char *path, run_record *out, char *message);

/* Which run of the trainer a new one may take the place of. */
typedef enum run_directory_replace {
    RUN_DIRECTORY_REPLACE_NONE = 0,
    RUN_DIRECTORY_REPLACE_UNFINISHED, /* one of the same configuration that was interrupted; the
                                         new run may resume it instead */
    RUN_DIRECTORY_REPLACE_ANY         /* also one whose run.json cannot be understood */
} run_directory_replace;

typedef enum run_directory_verdict {
    RUN_DIRECTORY_USABLE,   /* nothing of any run is there, or a run that may be replaced */
    RUN_DIRECTORY_FINISHED, /* REPLACE_UNFINISHED: the run that is wanted is there, finished */
    RUN_DIRECTORY_DIVERGED, /* REPLACE_UNFINISHED: the run that is wanted is there and diverged, as
                               it would again */
    RUN_DIRECTORY_REFUSED   /* a run that may not be replaced, or no place for a run at all: other
                               runs are above or below it, it holds event files that the trainer did
                               not write, it is no directory, or another process is writing to it */
} run_directory_verdict;

/* May a run of this configuration begin at `path`? Unless it is USABLE the message [MESSAGE_BYTES]
 * says why not. Changes nothing. */
MUST_CHECK run_directory_verdict run_directory_judge(const char *path, const run_config *config,
                                                     run_directory_replace replace, char *message);

typedef struct run_directory run_directory;

/* Makes `path` and its parents if they are missing, and locks it for this process if the file
 * system can. Then judges it again, since others had time to write there; a run that may be
 * replaced stays there until it is cleared or restored. 0, or -1 with a message [MESSAGE_BYTES];
 * then nothing is removed, and nothing is left that was not there. */
MUST_CHECK int run_directory_open(run_directory **out, const char *path, const run_config *config,
                                  run_directory_replace replace, char *message);

/* Removes the run that is there, if any. 0, or -1 with a message. */
MUST_CHECK int run_directory_clear(const run_directory *directory, char *message);

/* Makes the run that is there ready to continue from its checkpoint: its event files are as they
 * were then, later ones are removed, and *run is what run.json would have said then. The caller
 * frees *run and *state. If the run cannot continue, returns false with both empty and a message,
 * which is "" if there is no checkpoint; the caller then clears the directory. */
MUST_CHECK bool run_directory_restore(const run_directory *directory, run_record *run,
                                      checkpoint *state, char *message);

/* Replaces the checkpoint by one of this state, of which epochs, iterations and state are set; its
 * event files are noted here. Or removes it. 0, or -1 with a message. */
MUST_CHECK int run_directory_keep_state(const run_directory *directory, const run_record *run,
                                        checkpoint *state, char *message);
MUST_CHECK int run_directory_drop_state(const run_directory *directory, char *message);

/* Replaces run.json in the directory that was opened, even if it has been moved since. 0, or -1
 * with a message. */
MUST_CHECK int run_directory_write(const run_directory *directory, const run_record *record,
                                   char *message);

/* Frees the handle and the lock; NULL is allowed. */
void run_directory_close(run_directory *directory);

/* The same, and undoes the opening: removes what the trainer wrote, and the directories that the
 * opening made. For a run that failed before it did anything. */
void run_directory_discard(run_directory *directory);

#endif
