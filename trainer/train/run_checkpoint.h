/* A run's checkpoint between its engine and its directory: saved after an epoch, restored by a run
 * that continues. */
#ifndef TRAINER_RUN_CHECKPOINT_H
#define TRAINER_RUN_CHECKPOINT_H

#include <stdbool.h>

#include "engine.h"
#include "must_check.h"
#include "run_directory.h"
#include "run_record.h"

/* Saves the state after the record's epochs. 0, or -1 with a message [MESSAGE_BYTES] and the last
 * checkpoint whole. */
MUST_CHECK int run_checkpoint_save(const engine_api *api, engine *trained,
                                   const run_directory *directory, const run_record *record,
                                   char *message);

/* Brings a new engine, a new run's record and its event files to the state of the checkpoint in
 * the directory. False if there is none, with the message "", or none that is of use, with a
 * message that says why; then the record is unchanged and the caller clears the directory. */
MUST_CHECK bool run_checkpoint_restore(const engine_api *api, engine *trained,
                                       const run_directory *directory, run_record *record,
                                       char *message);

#endif
