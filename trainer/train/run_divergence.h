/* A run diverges with the first loss that no 32-bit float has, as engines compute and event files keep
 * them. That is printed and recorded before anything else happens. */
#ifndef TRAINER_RUN_DIVERGENCE_H
#define TRAINER_RUN_DIVERGENCE_H

#include "must_check.h"
#include "run.h"

/* Looks at a loss, of the `which` ("training", "validation") at `step`, which counts over the run
 * from 1. 0, or -1 with the run's message if its divergence cannot be kept. */
MUST_CHECK int run_watch_loss(run *self, const char *which, double loss, uint64_t step);

#endif
