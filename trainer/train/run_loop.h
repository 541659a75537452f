/* One run, from a configuration to a finished directory: engine -> step metrics -> event files,
 * progress and run.json. Knows no options and no engine by name; prints through the progress
 * display only. */
#ifndef TRAINER_RUN_LOOP_H
#define TRAINER_RUN_LOOP_H

#include "must_check.h"
#include "outcome.h"
#include "run_job.h"
#include "run_record.h"

/* Trains. *record is the content of run.json at the end; the caller frees it in every case.
 *
 *   OUTCOME_DONE     all epochs are trained. If the run diverged, its state is RUN_DIVERGED
 *   OUTCOME_DIVERGED ended after the step that diverged, because of terminate_on_nan; all logged
 *                    points are on disk
 *   OUTCOME_STOPPED  all logged points are on disk, and the run is marked interrupted. If its state
 *                    could not be saved, that was printed. If the signal came before anything was
 *                    made, *record is that of the run to be resumed, or its state is RUN_RUNNING
 *   OUTCOME_TAKEN    another process trains the run, or it has already ended; nothing was made
 *   OUTCOME_REFUSED  the engine cannot train this configuration; nothing was made
 *   OUTCOME_FAILED   if it failed before the first step, no file is left; later the run is marked
 *                    interrupted, if that can be written
 *
 * The message [MESSAGE_BYTES] has the cause for TAKEN, REFUSED and FAILED. For STOPPED it has the
 * step, and the step from which the run would be resumed if that differs. */
MUST_CHECK outcome run_loop(const run_job *job, run_record *record, char *message);

#endif
