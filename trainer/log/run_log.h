/* A run's event files: what is logged, under which tag, at which step.
 *
 * Tags and steps of the scalars are those of Keras' TensorBoard callback, so that the runs can be
 * compared with runs of Keras. The tags over samples seen are our own; on that axis batch sizes
 * compare fairly. A resumed run of an earlier version has them from the step where it was resumed.
 *   train/       at step = epoch from 0: epoch_loss, epoch_accuracy, epoch_learning_rate,
 *                epoch_steps_per_second, epoch_samples_per_second; tag keras and the graph of
 *                operations (the network) at 0; at the number of the step over the run from 1:
 *                batch_loss, batch_accuracy; the same two at the number of samples seen over the
 *                run: batch_loss_vs_samples, batch_accuracy_vs_samples; if asked for, at the epoch,
 *                epoch_gradient_variance, epoch_gradient_square and, if that is positive,
 *                epoch_gradient_noise_scale, their quotient (noise_scale.h); if asked for,
 *                Keras' histograms of the weights, sequential/conv2d/kernel/histogram …, and those
 *                of the last step's gradients, gradient/conv2d/kernel/histogram …
 *   validation/  at step = epoch from 0: epoch_loss, epoch_accuracy, and the pictures
 *                confusion_matrix and mistakes; at step = updates done:
 *                evaluation_loss_vs_iterations, evaluation_accuracy_vs_iterations
 *   the run's own directory, which is a session of the HParams page: its hyper-parameters, its end
 *                and, at step = epoch, hparams/best_validation_loss,
 *                hparams/best_validation_accuracy and hparams/seconds_per_epoch, all of the epochs
 *                so far; the layout of the Custom Scalars page; the texts configuration, host and
 *                data_set
 *
 * A log is used by one thread. After a failed call, only close may be called. */
#ifndef TRAINER_RUN_LOG_H
#define TRAINER_RUN_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"
#include "epoch_figures.h"
#include "must_check.h"
#include "run_log_head.h"
#include "run_record.h"

typedef struct run_log run_log;

/* Opens the log of the run in `directory`. If a run is continued, its event files are read, and no
 * point in them is logged again. Changes nothing. 0, or -1 with a message [MESSAGE_BYTES] if a file
 * cannot be read or there is no memory; *out is then NULL. */
MUST_CHECK int run_log_open(run_log **out, const char *directory, const run_log_head *head,
                            char *message);

/* Makes new event files there and below it, and logs the head and the network. The arguments are
 * those of the opening. 0, or -1 with a message [MESSAGE_BYTES]; empty files may then be left
 * there. */
MUST_CHECK int run_log_begin(run_log *log, const char *directory, const run_log_head *head,
                             char *message);

/* Adds the names of the new event files to the run's record. -1 without memory. */
MUST_CHECK int run_log_name_files(const run_log *log, run_record *record);

/* The epoch's means so far, after the step of this number over the run, from 1. 0, or -1 with a
 * message [MESSAGE_BYTES]; so below. */
MUST_CHECK int run_log_batch(run_log *log, uint64_t step, double loss, double accuracy,
                             char *message);

/* A tensor of lenet_tensors[index] after an epoch (from 0), or the last step's gradient of it. */
MUST_CHECK int run_log_histogram(run_log *log, uint32_t epoch, unsigned index, bool gradient,
                                 const engine_histogram *histogram, char *message);

/* Logs one epoch (from 0). The epoch and its histograms are passed to the kernel before this
 * returns. predicted [validation samples]: the class of each. */
MUST_CHECK int run_log_epoch(run_log *log, uint32_t epoch, const epoch_figures *figures,
                             const uint8_t *predicted, char *message);

/* -1 with a message if an event file is no longer at its path. tblog detects a removed file, but
 * not a directory that was moved or replaced; readers of the path would not see what is logged
 * then. */
MUST_CHECK int run_log_check(run_log *log, char *message);

/* The training seconds of the epoch (from 0), from the points that were logged before the run was
 * continued; 0 if there is none. */
double run_log_training_seconds(const run_log *log, uint32_t epoch);

/* Syncs everything to the disk. */
MUST_CHECK int run_log_sync(run_log *log, char *message);

/* Logs how the session ended and passes it to the kernel. It cannot be corrected later, so do not
 * call it for a run that can be resumed. */
MUST_CHECK int run_log_end_session(run_log *log, bool succeeded, char *message);

/* Flushes, closes and frees in every case. 0, or -1 with a message naming the first error; NULL is
 * allowed. */
MUST_CHECK int run_log_close(run_log *log, char *message);

#endif
