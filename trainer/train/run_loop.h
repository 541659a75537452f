/* One run, from a configuration to a finished directory: engine -> step metrics -> event files,
 * progress and run.json. Knows no options and no engine by name; prints through the progress
 * display only. */
#ifndef TRAINER_RUN_LOOP_H
#define TRAINER_RUN_LOOP_H

#include "must_check.h"
#include "outcome.h"
#include "run_job.h"
#include "run_record.h"

/* Trains. *record is what run.json says at the end; the caller frees it in every case.
 *
 *   OUTCOME_DONE     all epochs, also of a run that diverged: then its state is RUN_DIVERGED
 *   OUTCOME_DIVERGED ended after the step that diverged, as terminate_on_nan asks; what was logged
 *                    is on disk
 *   OUTCOME_STOPPED  what was logged is on disk and the run is marked interrupted; that its state
 *                    could not be saved is printed. Before anything was made *record is that of a
 *                    run that was to be resumed, or running
 *   OUTCOME_TAKEN    another process trains the run, or it has ended already; nothing was made
 *   OUTCOME_REFUSED  the engine cannot do this configuration; nothing was made
 *   OUTCOME_FAILED   before the first step nothing is left behind; later the run is marked
 *                    interrupted, if that can be written
 *
 * The message [MESSAGE_BYTES] says why for TAKEN, REFUSED and FAILED, and for STOPPED where, and from
 * where the run would be resumed if that is elsewhere. */
MUST_CHECK outcome run_loop(const run_job *job, run_record *record, char *message);

#endif
