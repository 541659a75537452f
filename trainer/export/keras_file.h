/* A model as Keras' own .keras, which Keras 2.15 and every Keras 3 load: a zip archive of
 *
 *   config.json       the layers (keras_model.h), without keys that only newer versions know
 *   metadata.json     the metadata of model_facts, which Keras does not read
 *   model.weights.h5  HDF5: layers/conv2d/vars/0 is a kernel, …/1 its bias
 *
 * It has no optimizer state and is not compiled. To train it further, compile it first; Adam's
 * moments then start from zero. */
#ifndef TRAINER_KERAS_FILE_H
#define TRAINER_KERAS_FILE_H

#include "file_content.h"
#include "model.h"
#include "must_check.h"

/* Appends the file to an empty content. The same model gives the same bytes. 0, or -1 with a
 * message [MESSAGE_BYTES]. */
MUST_CHECK int keras_file_make(file_content *out, const model *from, char *message);

#endif
