/* Shared by train and sweep: loads the data set, finds the engine, configures runs and trains them.
 * Errors are printed on stderr. */
#ifndef TRAINER_EXPERIMENT_H
#define TRAINER_EXPERIMENT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "dataset.h"
#include "engine.h"
#include "must_check.h"
#include "outcome.h"
#include "run_config.h"
#include "run_directory.h"
#include "run_options.h"
#include "run_record.h"

typedef struct experiment {
    const char *program;        /* for messages */
    const run_options *options; /* the caller's */
    const engine_api *api;
    dataset data; /* training set cut to --train-samples */
} experiment;

/* Finds the engine, as trusted_engine.h does, and loads the data. Returns OUTCOME_DONE;
 * otherwise it prints one line on stderr, returns another outcome and holds no resources. */
MUST_CHECK outcome experiment_open(experiment *out, const char *program,
                                   const run_options *options);

void experiment_close(experiment *self); /* an empty one is allowed */

/* The configuration of a run, and the engine's plan for it. After one line on stderr:
 * OUTCOME_REFUSED if the batch size is larger than the training set or the engine cannot train it;
 * OUTCOME_FAILED if this machine lacks what the run needs. */
MUST_CHECK outcome experiment_configure(const experiment *self, run_choice choice, run_config *out,
                                        engine_plan *plan);

/* parent/LeNet-MNIST-2-BatchSize=N into out[PATH_MAX], followed by -LR=X if the learning rate is
 * not the engines' default, and by -Seed=S if `seeded`; -1 with a message [MESSAGE_BYTES]. X is the
 * shortest text of the rate, so different runs of a sweep have different paths. */
MUST_CHECK int experiment_run_path(char *out, const char *parent, run_choice choice, bool seeded,
                                   char *message);

/* The outcome of a run that ended earlier: OUTCOME_DONE, or OUTCOME_DIVERGED if it diverged and the
 * options make that a failure. */
outcome experiment_kept(const experiment *self, bool diverged);

/* Prints that the run in `directory` is kept, because it has finished or diverged. Returns the same
 * as experiment_kept. */
MUST_CHECK outcome experiment_leave(const experiment *self, const char *directory, bool diverged);

/* Prints the command that shows the runs in `directory`, unless --quiet is given. */
void experiment_print_view(const experiment *self, const char *directory);

/* For several runs in one directory: prints the address of TensorBoard's page that colours the runs
 * by batch size, unless --quiet is given. */
void experiment_print_colours(const experiment *self);

/* Prints the paths of the networks that the run in `directory` has saved, unless --quiet is
 * given. */
void experiment_print_models(const experiment *self, const char *directory);

/* One of an experiment's runs. */
typedef struct experiment_part {
    const run_config *config;
    const char *directory;
    size_t number;    /* as in run_job */
    size_t run_count; /* likewise */
    run_directory_replace replace;
    uint32_t runs_at_once; /* runs that share the hardware, this one included */
    const char *label; /* begins each line of its progress, if there are several runs at a time */
    bool is_shared;    /* if another process takes the run, that is no error */
} experiment_part;

/* Trains the run, and at the end prints why it failed or diverged. *record, and the message
 * [MESSAGE_BYTES] if it was stopped, as in run_loop; the caller frees the record. Several threads
 * may train at the same time. */
MUST_CHECK outcome experiment_run(const experiment *self, const experiment_part *part,
                                  run_record *record, char *message);

#endif
