/* Saves a run's state and network when they are due. */
#ifndef TRAINER_RUN_SAVE_H
#define TRAINER_RUN_SAVE_H

#include "must_check.h"
#include "run.h"

/* Called after an epoch: saves both if the checkpoint interval has passed. A diverged run is not
 * saved, since it is never resumed. If saving fails, the run continues, and prints what is
 * missing and the cause. -1 with the run's message only if another process has taken over the
 * run. */
MUST_CHECK int run_save_sometimes(run *self);

/* Called when a run is stopped: saves both, whenever they were saved last. A run without a step has
 * nothing to save. The result is as above. */
MUST_CHECK int run_save_interrupted(run *self);

/* Called after the last epoch: saves what the run's options keep, and syncs the event files. 0,
 * or -1 with the run's message, which names the option to finish the run without it. */
MUST_CHECK int run_save_finished(run *self);

#endif
