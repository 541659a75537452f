/* The trainer's files in a run's directory: lists and removes them. Everything else there belongs
 * to the user and is never touched.
 *
 * Below, `directory` is a descriptor of the directory, and `path` is its name in messages
 * [MESSAGE_BYTES]. The functions do not check who owns the run: run_directory.h does that before it
 * calls them. */
#ifndef TRAINER_RUN_FILES_H
#define TRAINER_RUN_FILES_H

#include "must_check.h"
#include "run_record.h"

/* The names of all models that a run may leave. */
enum { RUN_FILES_MODELS = 2 };
extern const char *const run_files_models[RUN_FILES_MODELS];

/* A descriptor of the directory at `path`, for the caller to close, or -1 with a message. */
MUST_CHECK int run_files_open(const char *path, char *message);

/* Removes the file `name`, which file_replace writes, and the temporary file that a crash may have
 * left, if they exist. 0, or -1 with a message. */
MUST_CHECK int run_files_remove(int directory, const char *path, const char *name, char *message);

/* Removes the event files that `run` owns (run_record_owns), the models, the checkpoint and
 * run.json, but not the lock's file. 0, or -1 with a message. */
MUST_CHECK int run_files_remove_all(int directory, const char *path, const run_record *run,
                                    char *message);

/* If *run names no event files, adds those in the directory that a trainer may have made. 0, or -1
 * with a message. */
MUST_CHECK int run_files_name_events(int directory, const char *path, run_record *run,
                                     char *message);

#endif
