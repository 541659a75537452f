/* May a run begin in a directory? That depends on the directory's content, on the runs above and
 * below it, and on the process that writes there now. Changes nothing. */
#ifndef TRAINER_RUN_DIRECTORY_JUDGE_H
#define TRAINER_RUN_DIRECTORY_JUDGE_H

#include "must_check.h"
#include "run_config.h"
#include "run_lock.h"

/* Which existing run a new run may replace. */
typedef enum run_directory_replace {
    RUN_DIRECTORY_REPLACE_NONE = 0,
    RUN_DIRECTORY_CONTINUE,   /* none, but it may continue an unfinished run of the same
                                 configuration, or one with fewer epochs */
    RUN_DIRECTORY_REPLACE_ANY /* any, even with a damaged run.json, but not if it cannot be read */
} run_directory_replace;

typedef enum run_directory_verdict {
    RUN_DIRECTORY_USABLE,   /* no run is there, or one that may be replaced or continued */
    RUN_DIRECTORY_FINISHED, /* CONTINUE: this run is there and finished */
    RUN_DIRECTORY_DIVERGED, /* CONTINUE: this run is there and diverged; it would diverge again */
    RUN_DIRECTORY_HELD,     /* another process is writing a run there */
    RUN_DIRECTORY_REFUSED /* there is a run that may not be replaced, other runs are above or below
                               it, it has event files or models that the trainer did not write, or
                               it is not a directory */
} run_directory_verdict;

/* May a run of this configuration begin at `path`? If it is not USABLE, the message [MESSAGE_BYTES]
 * has the reason. Changes nothing. */
MUST_CHECK run_directory_verdict run_directory_judge(const char *path, const run_config *config,
                                                     run_directory_replace replace, char *message);

/* The same for an existing directory whose lock the caller holds. */
MUST_CHECK run_directory_verdict run_directory_judge_held(const char *path,
                                                          const run_config *config,
                                                          run_directory_replace replace,
                                                          char *message);

/* The verdict on the holder of the lock of the run's directory `path`. USABLE: nobody holds it.
 * HELD: the message [MESSAGE_BYTES] names the process that writes there. REFUSED: the holder is not
 * known, and the message stays that of run_lock.h. */
MUST_CHECK run_directory_verdict run_directory_judge_holder(run_lock_holder holder,
                                                            const char *path, char *message);

#endif
