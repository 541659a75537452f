/* May a run begin in a directory? It depends on what is in it, above it and below it, and on who
 * writes there now. Changes nothing. */
#ifndef TRAINER_RUN_DIRECTORY_JUDGE_H
#define TRAINER_RUN_DIRECTORY_JUDGE_H

#include "must_check.h"
#include "run_config.h"
#include "run_lock.h"

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

/* The same of a directory that is there and whose lock the caller holds. */
MUST_CHECK run_directory_verdict run_directory_judge_held(const char *path,
                                                          const run_config *config,
                                                          run_directory_replace replace,
                                                          char *message);

/* USABLE if nobody held the lock of the run's directory `path`. HELD with a message [MESSAGE_BYTES]
 * that names the process that writes there. REFUSED if it is not known who holds the lock; run_lock.h
 * has set the message. */
MUST_CHECK run_directory_verdict run_directory_judge_holder(run_lock_holder holder,
                                                            const char *path, char *message);

#endif
