/* What the files of the run loop share: a run under way, and its beginning. */
#ifndef TRAINER_RUN_BEGIN_H
#define TRAINER_RUN_BEGIN_H

#include <stdint.h>

#include "engine.h"
#include "must_check.h"
#include "outcome.h"
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
    uint32_t epochs_done; /* by the engine; the record may have more of them, logged before */
    epoch_sums sums;      /* of the epoch under way */
    uint8_t *predicted;   /* [validation samples], of the last validation */
    double saved_at;      /* seconds_now() of the last checkpoint, or of the beginning */
    uint32_t chunk;       /* steps to ask for at once */
    engine_step steps[LONGEST_CHUNK];
} run;

/* How many steps its engine has done over the run. */
uint64_t run_steps_done(const run *self);

/* Makes the engine and everything that the run writes to, restores what a checkpoint has, and
 * prints the run's head and from where it continues. job, record, message, predicted and chunk are set before. OUTCOME_DONE
 * when training can begin; otherwise as run_loop, and only a run that was there before is left. The
 * caller closes what *self holds in every case. */
MUST_CHECK outcome run_begin(run *self);

#endif
