/* A run's checkpoint between its engine and its directory: the state at a step. */
#ifndef TRAINER_RUN_CHECKPOINT_H
#define TRAINER_RUN_CHECKPOINT_H

#include "must_check.h"
#include "run.h"

/* Saves the run's state; no step may be queued. The event files are synced first. 0, or -1 with a
 * message [MESSAGE_BYTES] and the last checkpoint unchanged. */
MUST_CHECK int run_checkpoint_save(run *self, char *message);

#endif
