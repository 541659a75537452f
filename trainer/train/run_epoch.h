/* An epoch of a run: its steps, its validation, and what is kept of both. */
#ifndef TRAINER_RUN_EPOCH_H
#define TRAINER_RUN_EPOCH_H

#include "must_check.h"
#include "run.h"

/* Trains the next epoch, or its part until the run must end. 0, or -1 with the run's message. */
MUST_CHECK int run_epoch_train(run *self);

#endif
