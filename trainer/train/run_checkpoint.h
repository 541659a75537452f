/* A run's checkpoint between its engine and its directory: saved after an epoch, taken up by a run
 * that goes on. */
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

/* Brings a new engine, a new run's record and its event files to where the checkpoint in the
 * directory is. False where there is none, with the message "", or none that is of use, with a
 * message; the record is as it was then and the directory is to be cleared. */
MUST_CHECK bool run_checkpoint_take_up(const engine_api *api, engine *trained,
                                       const run_directory *directory, run_record *record,
                                       char *message);

#endif
