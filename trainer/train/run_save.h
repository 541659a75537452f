/* When a run's state and network are saved, and what becomes of a run that cannot save them. */
#ifndef TRAINER_RUN_SAVE_H
#define TRAINER_RUN_SAVE_H

#include "must_check.h"
#include "run.h"

/* Between two epochs: saves both if the last time is long enough ago. A run that diverged is not
 * saved, for nobody resumes it. A run that cannot save continues, and prints what is not there with
 * the cause; -1, with the run's message, only if it is not this process's run any more. */
MUST_CHECK int run_save_sometimes(run *self);

/* Of a run that is stopped: likewise, whenever the last time was. A run without a step has nothing to
 * save. */
MUST_CHECK int run_save_interrupted(run *self);

/* Of a run with all its epochs: as far as it keeps them. The event files are synced in every case. 0,
 * or -1 with the run's message, which says how to finish the run without. */
MUST_CHECK int run_save_finished(run *self);

#endif
