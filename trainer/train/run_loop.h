/* One run, from a configuration to a finished directory: engine -> step metrics -> event files,
 * progress and run.json. Knows no options and no engine by name; prints through the progress
 * display only. */
#ifndef TRAINER_RUN_LOOP_H
#define TRAINER_RUN_LOOP_H

#include <stdint.h>

#include "dataset.h"
#include "engine.h"
#include "must_check.h"
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

typedef enum run_outcome {
    RUN_OUTCOME_FINISHED = 0,
    RUN_OUTCOME_STOPPED,  /* by a signal; what was logged is on disk and the run is marked */
    RUN_OUTCOME_REJECTED, /* the engine cannot do this configuration; nothing was made */
    RUN_OUTCOME_FAILED    /* the message says why. Before the first step nothing is left behind;
                             later the run is marked interrupted where that can be written */
} run_outcome;

/* Trains. *record is what run.json says at the end; the caller frees it in every case. The
 * message [MESSAGE_BYTES] is set for REJECTED and FAILED. */
MUST_CHECK run_outcome run_loop(const run_job *job, run_record *record, char *message);

#endif
