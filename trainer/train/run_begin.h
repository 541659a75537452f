/* The beginning of a run. */
#ifndef TRAINER_RUN_BEGIN_H
#define TRAINER_RUN_BEGIN_H

#include "must_check.h"
#include "outcome.h"
#include "run.h"

/* Makes the engine and everything that the run writes to, restores what a checkpoint has, and
 * prints the run's head and from where it continues. job, record, message, predicted and chunk are
 * set before. OUTCOME_DONE when training can begin; otherwise as run_loop, and only a run that was
 * there before is left. The caller closes what *self holds in every case. */
MUST_CHECK outcome run_begin(run *self);

#endif
