/* A run's directory: what is in one before a run begins, making it, locking it, and emptying it
 * of what the trainer wrote.
 *
 * A directory with a run.json is the trainer's. In it run.json, the checkpoint (and what both are
 * written to first), and the event files that run.json names, are what it wrote; everything else is
 * somebody's and is never touched. (run_record_owns tells what holds where run.json names none.)
 * Does not see tblog: event files are names here. */
#ifndef TRAINER_RUN_DIRECTORY_H
#define TRAINER_RUN_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "checkpoint.h"
#include "must_check.h"
#include "run_record.h"

/* The record of the run at `path` as run_record_read, but what says that it is running while nobody
 * holds its lock has died and is interrupted. */
run_record_presence run_directory_read(const char *path, run_record *out, char *message);

/* Which run of the trainer a new one may take the place of. */
typedef enum run_directory_replace {
    RUN_DIRECTORY_REPLACE_NONE = 0,
    RUN_DIRECTORY_REPLACE_UNFINISHED, /* one of the same configuration that did not finish, or go on
                                         with it */
    RUN_DIRECTORY_REPLACE_ANY         /* also one whose run.json cannot be understood */
} run_directory_replace;

typedef enum run_directory_verdict {
    RUN_DIRECTORY_USABLE,   /* nothing of any run is there, or a run that may be replaced */
    RUN_DIRECTORY_FINISHED, /* REPLACE_UNFINISHED: the run that is wanted is there, finished */
    RUN_DIRECTORY_REFUSED   /* a run that may not be replaced; or not a place for a run, whatever
                               may be replaced: other runs are above or below it, it holds event files
                               that the trainer   did not write, is no directory, or another process
                               is   writing to   it */
} run_directory_verdict;

/* May a run of this configuration begin at `path`? The message [MESSAGE_BYTES] says why not, where
 * it is not USABLE. Changes nothing. */
run_directory_verdict run_directory_judge(const char *path, const run_config *config,
                                          run_directory_replace replace, char *message);

typedef struct run_directory run_directory;

/* Makes `path` and its parents where missing, and locks it for this process (where the file
 * system can). Then, since others had time to write there since, judges it again; a run that may
 * be replaced stays there until it is cleared or taken up. 0, or -1 with a message, nothing
 * removed, and nothing left behind that was not there. */
MUST_CHECK int run_directory_open(run_directory **out, const char *path, const run_config *config,
                                  run_directory_replace replace, char *message);

/* Removes the run that is there, if any. 0, or -1 with a message. */
MUST_CHECK int run_directory_clear(const run_directory *directory, char *message);

/* Makes the run that is there ready to go on from its checkpoint: its event files as they were then
 * and no later ones, *run what run.json would have said then. With false, *run and *state are empty
 * and the run cannot go on, for want of a checkpoint or for what `message` says ("" for that want);
 * the caller clears it. The caller frees both. */
MUST_CHECK bool run_directory_take_up(const run_directory *directory, run_record *run,
                                      checkpoint *state, char *message);

/* Replaces the checkpoint by one of this state (its event files are noted here), or removes it. 0,
 * or -1 with a message. */
MUST_CHECK int run_directory_keep_state(const run_directory *directory, const run_record *run,
                                        checkpoint *state, char *message);
MUST_CHECK int run_directory_drop_state(const run_directory *directory, char *message);

/* Replaces run.json in the directory that was opened, wherever it has been moved since. 0, or -1
 * with a message. */
MUST_CHECK int run_directory_write(const run_directory *directory, const run_record *record,
                                   char *message);

/* Frees the handle and the lock; NULL is allowed. */
void run_directory_close(run_directory *directory);

/* The same, and undoes the opening: what the trainer wrote goes, and so do the directories that
 * the opening made. For a run that failed before it did anything. */
void run_directory_discard(run_directory *directory);

#endif
