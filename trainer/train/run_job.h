/* The input of a run: its configuration, data, engine and directory. */
#ifndef TRAINER_RUN_JOB_H
#define TRAINER_RUN_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataset.h"
#include "engine.h"
#include "progress.h"
#include "run_config.h"
#include "run_directory.h"

/* Everything that it points to belongs to the caller and outlives the run. */
typedef struct run_job {
    const engine_api *api;
    const run_config *config;
    const dataset *data;   /* its counts are those of the configuration */
    const char *data_path; /* for the run's head */
    const char *directory; /* of the run */
    size_t number;         /* of the run in the process's list of runs, from 1 */
    size_t run_count;      /* of that list; 0 if there is none */
    /* CONTINUE resumes the existing run from its checkpoint, if it has one. */
    run_directory_replace replace;
    /* Minimum seconds from the last checkpoint, or the run's start, to a checkpoint after an
     * epoch. */
    uint32_t checkpoint_interval;
    bool no_state;  /* remove the checkpoint at the end; more epochs then train from step 1 */
    bool no_model;  /* save no network; excludes save_best */
    bool save_best; /* also save the network of the epoch with the lowest validation loss */
    bool terminate_on_nan; /* end after the first step whose loss is not finite */
    uint32_t threads;      /* as in engine_config */
    const char *isa;       /* likewise */
    uint32_t runs_at_once; /* of a sweep, on the same hardware; 1 if this one is alone */
    progress *display;
} run_job;

#endif
