/* A run's directory: what is in one before a run begins, making it, locking it, and emptying it
 * of what the trainer wrote.
 *
 * A directory with a run.json is the trainer's. In it run.json (and run.json.tmp), and the files
 * events.out.tfevents.* beside it and of train/ and validation/, are what it wrote; everything
 * else is somebody's and is never touched. Does not see tblog: event files are names here. */
#ifndef TRAINER_RUN_DIRECTORY_H
#define TRAINER_RUN_DIRECTORY_H

#include <stddef.h>

#include "run_record.h"

#define RUN_DIRECTORY_TRAINING   "train"
#define RUN_DIRECTORY_VALIDATION "validation"

typedef enum run_directory_content {
    RUN_DIRECTORY_FREE,    /* absent, or nothing of any run in it */
    RUN_DIRECTORY_RUN,     /* a run of the trainer */
    RUN_DIRECTORY_DAMAGED, /* a run whose run.json cannot be understood */
    RUN_DIRECTORY_REFUSED  /* not a place for a run, --overwrite or not: it holds other runs, event
                              files that the trainer did not write, is no directory, or another
                              process is writing to it */
} run_directory_content;

/* What is at `path`. For RUN *record is read and the caller frees it, else it is empty; for
 * DAMAGED and REFUSED the message [MESSAGE_BYTES] names the reason. Changes nothing. */
run_directory_content run_directory_inspect(const char *path, run_record *record, char *message);

typedef struct run_directory run_directory;

/* Makes `path` and its parents where missing, and locks it for this process (where the file
 * system can); a run that is in it is emptied out first. 0, or -1 with a message and nothing
 * left behind that was not there. */
__attribute__((warn_unused_result)) int run_directory_open(run_directory **out, const char *path,
                                                           char *message);

/* Frees the handle and the lock; NULL is allowed. */
void run_directory_close(run_directory *directory);

/* The same, and undoes the opening: what the trainer wrote goes, and so do the directories that
 * the opening made. For a run that failed before it did anything. */
void run_directory_discard(run_directory *directory);

#endif
