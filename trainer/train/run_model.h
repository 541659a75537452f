/* A run's network between its engine and its directory: MODEL_FILE, written with each checkpoint and
 * at the end, and MODEL_BEST_FILE, written after each epoch that validated better than all before.
 *
 * A run may die between any two of its files. That is safe in this order: the event files are synced,
 * the state is replaced, then the network. So no network is of a step that is not logged, and one
 * that is older than the state is replaced when the run is resumed. The best network is
 * written before the state after its epoch: a run that is resumed from a state has compared all
 * epochs before it. */
#ifndef TRAINER_RUN_MODEL_H
#define TRAINER_RUN_MODEL_H

#include "must_check.h"
#include "run.h"

/* Before a run is continued whose record is `there`: reads how good the best network is that it has
 * kept. One that has any is given the better ones too, with save_best or without, so that the file is
 * never an outdated one. 0, or -1 with the run's message if the file cannot be read. */
MUST_CHECK int run_model_restore(run *self, const run_record *there);

/* After a run was continued with no_model: removes the networks that it kept before, which would
 * become outdated. */
void run_model_drop(const run *self);

/* Keeps the network, unless the run keeps none or the network has values that are not finite. No
 * step may be queued, and the event files are synced. 0, or -1 with a message [MESSAGE_BYTES] and the
 * last one whole. */
MUST_CHECK int run_model_save(const run *self, char *message);

/* After an epoch that is validated and in the record: keeps the network as the best one if it is and
 * the run keeps it. The event files are synced before. A run that cannot save it goes on, and the
 * next epoch is compared with the network that is kept. */
void run_model_save_best(run *self);

#endif
