/* A run's network between its engine and its directory: MODEL_FILE, written with each checkpoint
 * and at the end, and MODEL_BEST_FILE, written after each epoch that validated better than all
 * before.
 *
 * A run may die between any two of its files. That is safe in this order: the event files are
 * synced, the state is replaced, then the network. So no network is of a step that is not logged,
 * and one that is older than the state is replaced when the run is resumed. The best network is
 * written before the state after its epoch: a run that is resumed from a state has compared all
 * epochs before it. */
#ifndef TRAINER_RUN_MODEL_H
#define TRAINER_RUN_MODEL_H

#include "must_check.h"
#include "run.h"

/* Called before a run with the record `there` is continued: reads the validation loss of its best
 * network. A run that has a best network keeps updating it, with or without save_best, so that the
 * file is never outdated. 0, or -1 with the run's message if the file cannot be read. */
MUST_CHECK int run_model_restore(run *self, const run_record *there);

/* Called after a run was continued with no_model: removes the networks that it saved before, since
 * they would become outdated. */
void run_model_drop(const run *self);

/* Saves the network, unless no_model is set or the network has values that are not finite. No step
 * may be queued, and the event files must be synced. 0, or -1 with a message [MESSAGE_BYTES] and
 * the last network unchanged. */
MUST_CHECK int run_model_save(const run *self, char *message);

/* Called after an epoch is validated and in the record: saves the network as the best one, if it is
 * the best and the run saves it. Syncs the event files first. If it cannot be saved the run
 * continues, and the next epoch is compared with the network that is saved. */
void run_model_save_best(run *self);

#endif
