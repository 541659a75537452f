/* The beginning of a run. */
#ifndef TRAINER_RUN_BEGIN_H
#define TRAINER_RUN_BEGIN_H

#include "must_check.h"
#include "outcome.h"
#include "run.h"

/* Makes the engine and everything that the run writes to, restores a checkpoint, and prints the
 * run's head and where it continues. The caller has set job, record, message, predicted and chunk.
 * OUTCOME_DONE when training can begin; otherwise as run_loop, and an existing run is left as it
 * was. The caller closes what *self holds in every case. */
MUST_CHECK outcome run_begin(run *self);

#endif
