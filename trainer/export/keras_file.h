/* A model as Keras' own .keras, which Keras 2.15 and every Keras 3 load: a zip archive of
 *
 *   config.json       the layers (keras_model.h); with nothing that only newer versions know
 *   metadata.json     what model_facts says of the model, which Keras does not read
 *   model.weights.h5  HDF5: layers/conv2d/vars/0 is a kernel, …/1 its bias
 *
 * It has no state of the optimizer and is not compiled: who trains it further compiles it, and
 * Adam's moments begin anew. */
#ifndef TRAINER_KERAS_FILE_H
#define TRAINER_KERAS_FILE_H

#include "file_content.h"
#include "model.h"
#include "must_check.h"

/* Appends it to an empty content; the same model makes the same bytes. 0, or -1 with a message
 * [MESSAGE_BYTES]. */
MUST_CHECK int keras_file_make(file_content *out, const model *from, char *message);

#endif
