/* The beginning of a run. */
#ifndef TRAINER_RUN_BEGIN_H
#define TRAINER_RUN_BEGIN_H

#include "must_check.h"
#include "outcome.h"
#include "run.h"

enum { RUN_PLACE_BYTES = 80 };

/* "after epoch 3 of 15, step 412 of 938", or "before the first step". */
void run_format_place(char out[RUN_PLACE_BYTES], const run_config *config, uint32_t epochs_done,
                      uint32_t steps);

/* Makes the engine and everything that the run writes to, restores what a checkpoint has, and
 * prints the run's head and from where it continues. job, record, message, predicted and chunk are
 * set before. OUTCOME_DONE when training can begin; otherwise as run_loop, and only a run that was
 * there before is left. The caller closes what *self holds in every case. */
MUST_CHECK outcome run_begin(run *self);

#endif
