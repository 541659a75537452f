/* A run in training: the state that the files of the run loop share. */
#ifndef TRAINER_RUN_H
#define TRAINER_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"
#include "run_directory.h"
#include "run_job.h"
#include "run_log.h"
#include "run_record.h"

/* An engine's queue has room for two chunks of steps. */
enum { LONGEST_CHUNK = ENGINE_MAX_QUEUED_STEPS / 2 };

typedef struct run {
    const run_job *job;
    run_record *record; /* the caller's */
    char *message;      /* [MESSAGE_BYTES] */
    engine *engine;
    run_directory *directory;
    run_log *log;
    uint32_t epochs_done;  /* by the engine; the record may have more epochs, logged before */
    epoch_sums sums;       /* of the current epoch */
    uint32_t saved_epochs; /* epochs done in the checkpoint; 0 without a usable one */
    uint32_t saved_steps;  /* steps of the next epoch in the checkpoint; likewise */
    bool keeps_best;       /* the network of the best epoch is saved */
    double best_val_loss;  /* of the saved one; INFINITY if there is none */
    uint8_t *predicted;    /* [validation samples], of the last validation */
    double saved_at;       /* run_seconds_now() of the last checkpoint, or of the run's start */
    uint32_t chunk;        /* steps to queue in one call */
    engine_step steps[LONGEST_CHUNK];
} run;

/* The steps of the run that its engine has done. */
uint64_t run_steps_done(const run *self);

enum { RUN_PLACE_BYTES = 80 };

/* "after epoch 3 of 15, step 412 of 938", or "before the first step". */
void run_format_place(char out[RUN_PLACE_BYTES], const run_config *config, uint32_t epochs_done,
                      uint32_t steps);

bool run_has_diverged(const run *self);

/* Does it end because it diverged? */
bool run_is_terminated(const run *self);

/* Does it end before its last epoch, because it diverged or a signal came? */
bool run_must_end(const run *self);

/* The seconds of a clock that never jumps. */
double run_seconds_now(void);

/* Sets the run's message to what its engine failed to do, and why. -1. */
int run_engine_failed(run *self, const char *what, engine_status status);

#endif
