/* What one run is trained from: its configuration, its data, its engine and its directory. */
#ifndef TRAINER_RUN_JOB_H
#define TRAINER_RUN_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "dataset.h"
#include "engine.h"
#include "progress.h"
#include "run_config.h"
#include "run_directory.h"

/* All that it points to is the caller's and outlives the run. */
typedef struct run_job {
    const engine_api *api;
    const run_config *config;
    const dataset *data;   /* its counts are those of the configuration */
    const char *data_path; /* for the run's head */
    const char *directory; /* the run's own */
    /* CONTINUE resumes the run that is there from its checkpoint, if it has one. */
    run_directory_replace replace;
    /* Seconds that must have passed since the last checkpoint, or the beginning, for an epoch's end
     * to make one. */
    uint32_t checkpoint_interval;
    bool no_state;         /* a finished run keeps none, so that it cannot be given more epochs */
    bool no_model;         /* keep no network: not together with the next */
    bool save_best;        /* keep that of the epoch with the lowest validation loss, too */
    bool terminate_on_nan; /* end after the step whose loss is not finite */
    uint32_t threads;      /* as in engine_config */
    const char *isa;       /* likewise */
    uint32_t runs_at_once; /* of a sweep, on the same hardware; 1 if this one is alone */
    progress *display;
} run_job;

#endif
