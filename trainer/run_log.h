/* A run's event files: what is logged, under which tag, at which step. With run_reader this is
 * the only file that sees tblog.
 *
 * Tags and steps are those of Keras' TensorBoard callback, so that runs of either compare:
 *   train/       at step = epoch from 0: epoch_loss, epoch_accuracy, epoch_learning_rate,
 *                epoch_steps_per_second, epoch_samples_per_second; tag keras (the network) at 0;
 *                at the number of the step over the run from 1: batch_loss, batch_accuracy
 *   validation/  at step = epoch from 0: epoch_loss, epoch_accuracy; at step = updates done:
 *                evaluation_loss_vs_iterations, evaluation_accuracy_vs_iterations
 *
 * One thread uses a log. After a call that failed only close is of use. */
#ifndef TRAINER_RUN_LOG_H
#define TRAINER_RUN_LOG_H

#include <stdint.h>

#include "run_config.h"
#include "run_record.h"

typedef struct run_log run_log;

/* Makes both event files below `directory` and logs the network. The configuration is copied. 0, or
 * -1 with a message [MESSAGE_BYTES]; *out is then NULL, and empty files may be left there. */
__attribute__((warn_unused_result)) int run_log_open(run_log **out, const char *directory,
                                                     const run_config *config, char *message);

/* Notes the names of the event files in the run's record. */
void run_log_name_files(const run_log *log, run_record *record);

/* The epoch's means up to step `step` (1-based over the run). */
__attribute__((warn_unused_result)) int run_log_batch(run_log *log, uint64_t step, double loss,
                                                      double accuracy, char *message);

typedef struct run_log_epoch_figures {
    uint32_t epoch; /* from 0 */
    double loss;
    double accuracy;
    double steps_per_second;
    double samples_per_second;
    uint64_t iterations; /* updates done */
    double val_loss;
    double val_accuracy;
} run_log_epoch_figures;

/* One epoch, handed to the kernel before this returns. */
__attribute__((warn_unused_result)) int
run_log_epoch(run_log *log, const run_log_epoch_figures *figures, char *message);

/* -1 with a message when an event file is gone from its place: what is written to it then is
 * written for nobody. */
__attribute__((warn_unused_result)) int run_log_check(run_log *log, char *message);

/* Flushes, closes and frees in every case. 0, or -1 with a message naming the first error; NULL
 * is allowed. */
__attribute__((warn_unused_result)) int run_log_close(run_log *log, char *message);

#endif
