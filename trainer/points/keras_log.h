/* A log of Keras' TensorBoard callback: what it says of a run. Unlike a run of ours it has no
 * run.json; its curves are under the tags that ours have, too. */
#ifndef TRAINER_KERAS_LOG_H
#define TRAINER_KERAS_LOG_H

#include <stdint.h>

#include "must_check.h"
#include "run_reader.h"

typedef struct keras_log {
    run_curves curves;   /* its own */
    uint32_t batch_size; /* by the hyper-parameter of that name; 0 without */
} keras_log;

/* Reads the event files right in `directory` and in its train and validation, named as TensorFlow
 * names them. A log without an epoch that has all four figures is read, too: it is not Keras', or
 * has no validation. 0, or -1 with a message [MESSAGE_BYTES] without memory; *out is for the caller
 * to free only after 0. */
MUST_CHECK int keras_log_read(keras_log *out, const char *directory, char *message);

void keras_log_free(keras_log *log);

#endif
