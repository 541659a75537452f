/* A run under way: what the files of the run loop share. */
#ifndef TRAINER_RUN_H
#define TRAINER_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"
#include "run_directory.h"
#include "run_job.h"
#include "run_log.h"
#include "run_record.h"

/* Two chunks of steps together are what an engine holds. */
enum { LONGEST_CHUNK = ENGINE_MAX_QUEUED_STEPS / 2 };

typedef struct run {
    const run_job *job;
    run_record *record; /* the caller's */
    char *message;      /* [MESSAGE_BYTES] */
    engine *engine;
    run_directory *directory;
    run_log *log;
    uint32_t epochs_done;  /* by the engine; the record may have more of them, logged before */
    epoch_sums sums;       /* of the epoch under way */
    uint32_t saved_epochs; /* done in the checkpoint, and the steps of its epoch under way: */
    uint32_t saved_steps;  /* 0 and 0 if there is none of use */
    bool keeps_best;       /* the best epoch's network, */
    double best_val_loss;  /* whose validation loss this is; INFINITY while none is kept */
    uint8_t *predicted;    /* [validation samples], of the last validation */
    double saved_at;       /* seconds_now() of the last checkpoint, or of the beginning */
    uint32_t chunk;        /* steps to ask for at once */
    engine_step steps[LONGEST_CHUNK];
} run;

/* How many steps its engine has done over the run. */
uint64_t run_steps_done(const run *self);

#endif
