/* The steps of an epoch: queued in the engine; when finished, logged, summed and shown. */
#ifndef TRAINER_RUN_STEPS_H
#define TRAINER_RUN_STEPS_H

#include "must_check.h"
#include "progress.h"
#include "run.h"

/* Trains the remaining steps of the epoch, or fewer if the run must end. Afterwards nothing is
 * queued. The view shows the steps so far. 0, or -1 with the run's message. */
MUST_CHECK int run_steps_train(run *self, progress_view *view);

#endif
