/* Do a run's event files agree with its run.json? */
#ifndef TRAINER_RUN_CHECK_H
#define TRAINER_RUN_CHECK_H

#include "compared_run.h"
#include "must_check.h"

/* Reads the event files of the run in `directory`, and notes in run->note if they are damaged or
 * incomplete, or have other figures. 0, or -1 with a message [MESSAGE_BYTES] without memory. */
MUST_CHECK int run_check(compared_run *run, const char *directory, char *message);

#endif
