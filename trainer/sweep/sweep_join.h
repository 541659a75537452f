/* Training a sweep together with other processes, on this host and on others that mount the same
 * file system. They know of each other only by the runs' directories: a run's lock shows that a
 * process trains it, and run.json shows what the run is and whether it has ended. No process leads,
 * none needs another, and each may come and go at any time.
 *
 * Each process goes over the list repeatedly and trains every run that nobody holds and that has
 * not ended. While others hold runs it waits, in case one of them dies. */
#ifndef TRAINER_SWEEP_JOIN_H
#define TRAINER_SWEEP_JOIN_H

#include <stdbool.h>

#include "must_check.h"
#include "outcome.h"
#include "sweep_runs.h"

/* Checks all runs before any is trained. OUTCOME_FAILED after one line on stderr if this process
 * must not take part: a run has another configuration (which includes the engine's arithmetic), or
 * its directory cannot hold a run. */
MUST_CHECK outcome sweep_join_look(sweep_runs *self);

/* Trains until every run has ended or has failed here, or, without `waits`, until others hold the
 * rest. OUTCOME_STOPPED if a signal came and left something to do, whatever has failed; otherwise
 * as sweep_runs_status. Or OUTCOME_FAILED after one line on stderr, if threads or memory are short
 * or if this process may not take part after all.
 *
 * *is_last: all runs have ended, and either the last of them was trained here or this process found
 * no other at work. Two processes whose runs end at the same moment may both be the last. */
MUST_CHECK outcome sweep_join(sweep_runs *self, bool waits, bool *is_last);

#endif
