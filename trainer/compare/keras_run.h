/* Reads a log of Keras as a run record. */
#ifndef TRAINER_KERAS_RUN_H
#define TRAINER_KERAS_RUN_H

#include <stddef.h>

#include "must_check.h"
#include "run_record.h"

typedef enum keras_run_presence {
    KERAS_RUN_READ,   /* *out is for the caller to free */
    KERAS_RUN_ABSENT, /* the log is no such run; the message has the reason */
    KERAS_RUN_FAILED  /* no memory, with a message */
} keras_run_presence;

/* Reads the log in `directory` as a run of "keras" that has finished, or diverged. Its batch size
 * is the hyper-parameter batch_size, or N of BatchSize=N in the directory's path. An epoch's
 * seconds are those between the ends of two epochs, validation included; the first one's are NaN.
 * Learning rate, data, memory and hardware are not known: 0 or "". The message [MESSAGE_BYTES] is
 * "" after KERAS_RUN_READ, or says what is wrong with the files. */
MUST_CHECK keras_run_presence keras_run_read(run_record *out, const char *directory, char *message);

#endif
