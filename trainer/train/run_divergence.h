/* A run diverges with the first loss that is not finite as a 32-bit float, the type of engines and
 * event files. It is printed and recorded immediately. */
#ifndef TRAINER_RUN_DIVERGENCE_H
#define TRAINER_RUN_DIVERGENCE_H

#include "must_check.h"
#include "run.h"

/* Checks a loss of `which` ("training", "validation") at `step`, which counts over the run from 1.
 * 0, or -1 with the run's message if a divergence cannot be recorded. */
MUST_CHECK int run_watch_loss(run *self, const char *which, double loss, uint64_t step);

#endif
