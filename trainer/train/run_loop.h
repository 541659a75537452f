/* One run, from a configuration to a finished directory: engine -> step metrics -> event files,
 * progress and run.json. Knows no options and no engine by name; prints through the progress
 * display only. */
#ifndef TRAINER_RUN_LOOP_H
#define TRAINER_RUN_LOOP_H

#include <stdint.h>

#include "dataset.h"
#include "engine.h"
#include "must_check.h"
#include "outcome.h"
#include "progress.h"
#include "run_config.h"
#include "run_directory.h"
#include "run_record.h"

typedef struct run_job {
    const engine_api *api;
    const run_config *config;
    const dataset *data;           /* its counts are those of the configuration */
    const char *data_path;         /* for the run's head */
    const char *directory;         /* the run's own */
    run_directory_replace replace; /* REPLACE_UNFINISHED: from its checkpoint, if it has one */
    uint32_t checkpoint_interval;  /* seconds: an epoch that ends so long after the last checkpoint,
                                      or  the beginning, makes one */
    uint32_t threads;              /* as in engine_config, */
    const char *isa;               /* likewise */
    uint32_t runs_at_once; /* of a sweep's, on the same hardware; 0 and 1 for this one alone */
    progress *display;
} run_job;

/* Trains. *record is what run.json says at the end; the caller frees it in every case.
 *
 *   OUTCOME_DONE     all epochs
 *   OUTCOME_STOPPED  what was logged is on disk and the run is marked interrupted
 *   OUTCOME_REFUSED  the engine cannot do this configuration; nothing was made
 *   OUTCOME_FAILED   before the first step nothing is left behind; later the run is marked
 *                    interrupted, if that can be written
 *
 * The message [MESSAGE_BYTES] is set for REFUSED and FAILED. */
MUST_CHECK outcome run_loop(const run_job *job, run_record *record, char *message);

#endif
