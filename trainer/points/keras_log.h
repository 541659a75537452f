/* Reads a log of Keras' TensorBoard callback. Unlike our runs it has no run.json; its curves have
 * the same tags as ours. */
#ifndef TRAINER_KERAS_LOG_H
#define TRAINER_KERAS_LOG_H

#include <stdint.h>

#include "must_check.h"
#include "run_reader.h"

typedef struct keras_log {
    run_curves curves;   /* owned */
    uint32_t batch_size; /* the hyper-parameter of that name; 0 if there is none */
} keras_log;

/* Reads the event files in `directory` and in its subdirectories train and validation, if they have
 * TensorFlow's names. If no epoch has all four figures, the log is not Keras' or has no validation;
 * that is no error. 0, or -1 with a message [MESSAGE_BYTES] without memory; the caller frees *out
 * only after 0. */
MUST_CHECK int keras_log_read(keras_log *out, const char *directory, char *message);

void keras_log_free(keras_log *log);

#endif
