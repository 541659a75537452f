/* run.json: a run's record (run_record.h) as a file in the run's directory.
 *
 *   format          1
 *   program         "trainer 0.1.0"
 *   state           "running", "finished", "interrupted" or "diverged". A run whose loss became
 *                   NaN or infinite is "running" until it ends and "diverged" afterwards, however
 *                   it ended
 *   diverged_at_step
 *                   the step over the run, from 1, whose loss was the first that is not finite, or
 *                   after which the validation's was; absent if none was
 *   configuration   run_config.h
 *   hardware        what the engine ran on
 *   host, process   the process that trained it last, or does. Absent from runs of earlier versions
 *   runs_at_once    how many runs of its sweep shared that hardware; 1 if it is absent
 *   memory          the engine's own account in bytes, by part; peak_bytes is its total
 *   peak_bytes
 *   epochs          one object for each epoch that was trained and validated, in order:
 *                   loss, accuracy, val_loss, val_accuracy (null where not finite),
 *                   training_seconds, validation_seconds; of a run that measures the gradient
 *                   noise scale also gradient_variance, gradient_square and noise_scale (null where
 *                   not measured). Earlier versions called a run with a loss of null finished; it
 *                   is read as diverged
 *   event_files     the run's event files as paths relative to its directory. Absent until they
 *                   have been made, and from runs of earlier versions
 *   results         the last epoch's figures and the sums of the seconds; absent before the first
 *                   epoch's end
 *
 * It is replaced whole (file_replace.h). */
#ifndef TRAINER_RUN_RECORD_FILE_H
#define TRAINER_RUN_RECORD_FILE_H

#include <stddef.h>

#include "must_check.h"
#include "run_record.h"

#define RUN_RECORD_FILE "run.json"

/* A file with more bytes is not read. An epoch takes some 300, and a run has at most
 * RUN_CONFIG_MAX_EPOCHS. */
#define RUN_RECORD_MOST_BYTES ((size_t)512 * RUN_CONFIG_MAX_EPOCHS)

/* Replaces run.json in the directory that `fd` is open on, wherever that is by now; `directory` is
 * what messages call it. 0, or -1 with a message [MESSAGE_BYTES] and the old file whole. */
MUST_CHECK int run_record_write(const run_record *record, int fd, const char *directory,
                                char *message);

typedef enum run_record_presence {
    RUN_RECORD_READ,      /* *out is for the caller to free */
    RUN_RECORD_ABSENT,    /* no run.json; *out is empty */
    RUN_RECORD_DAMAGED,   /* there is one, but not as described above; *out is empty */
    RUN_RECORD_UNREADABLE /* whether there is one, or what it says, is not known: the system failed.
                             *out is empty, and nothing may be replaced */
} run_record_presence;

/* Reads the run.json in `directory`. If it is damaged or unreadable the message [MESSAGE_BYTES]
 * says how. */
MUST_CHECK run_record_presence run_record_read(run_record *out, const char *directory,
                                               char *message);

/* The same for the directory that `fd` is open on, wherever that is by now; `directory` is what
 * messages call it. */
MUST_CHECK run_record_presence run_record_read_at(run_record *out, int fd, const char *directory,
                                                  char *message);

#endif
