/* The end of a run: what is synced, saved and recorded, in which order. */
#ifndef TRAINER_RUN_END_H
#define TRAINER_RUN_END_H

#include "must_check.h"
#include "outcome.h"
#include "run.h"

/* Closes the log and records in run.json how the run ended: finished or diverged only if its
 * points are on disk. `status` is the result of the training. The run's message is that of the
 * first error. The outcomes are run_loop's. */
MUST_CHECK outcome run_end(run *self, int status);

#endif
