/* run.json: a run's record (run_record.h) as a file in the run's directory.
 *
 *   format          1
 *   program         "trainer VERSION"
 *   state           "running", "finished", "interrupted" or "diverged". A run whose loss became
 *                   NaN or infinite is "running" until it ends, and "diverged" after any end
 *   diverged_at_step
 *                   the first step of the run, from 1, whose loss or whose following validation
 *                   loss was not finite; absent if there was none
 *   configuration   run_config.h
 *   hardware        what the engine ran on
 *   host, process   the process that trains it, or trained it last. Absent in runs of earlier
 *                   versions
 *   runs_at_once    how many runs of its sweep shared that hardware; 1 if absent
 *   memory          bytes by part, as the engine counts them; peak_bytes is their total
 *   peak_bytes
 *   epochs          one object for each epoch that was trained and validated, in order:
 *                   loss, accuracy, val_loss, val_accuracy (null where not finite),
 *                   training_seconds, validation_seconds; if the run measures the gradient noise
 *                   scale also gradient_variance, gradient_square and noise_scale (null if not
 *                   measured). Earlier versions called a run with a loss of null finished; it is
 *                   read as diverged
 *   event_files     the paths of the run's event files, relative to its directory. Absent until
 *                   they have been made, and in runs of earlier versions
 *   results         the last epoch's figures and the sums of the seconds; absent before the end of
 *                   the first epoch
 *
 * It is replaced atomically (file_replace.h). */
#ifndef TRAINER_RUN_RECORD_FILE_H
#define TRAINER_RUN_RECORD_FILE_H

#include <stddef.h>

#include "file_presence.h"
#include "must_check.h"
#include "run_record.h"

#define RUN_RECORD_FILE "run.json"

/* A file with more bytes is not read. An epoch takes some 300, and a run has at most
 * RUN_CONFIG_MAX_EPOCHS. */
#define RUN_RECORD_MOST_BYTES ((size_t)512 * RUN_CONFIG_MAX_EPOCHS)

/* Replaces run.json in the directory that `fd` is open on, even if it has been moved; `directory`
 * is its name in messages. 0, or -1 with a message [MESSAGE_BYTES] and the old file unchanged. */
MUST_CHECK int run_record_write(const run_record *record, int fd, const char *directory,
                                char *message);

/* Reads the run.json in `directory`. *out is empty unless it is FILE_READ. If it is damaged or
 * unreadable, the message [MESSAGE_BYTES] has the cause. */
MUST_CHECK file_presence run_record_read(run_record *out, const char *directory, char *message);

/* The same for the directory that `fd` is open on, even if it has been moved; `directory` is its
 * name in messages. */
MUST_CHECK file_presence run_record_read_at(run_record *out, int fd, const char *directory,
                                            char *message);

#endif
