/* A model as NumPy's .npz: an array for each tensor, by our names and in our layouts, which are
 * Keras' and flax's ("conv1/kernel" [3,3,1,32] and so on, lenet.h). The archive's comment is what
 * model_facts says of the model, as JSON. */
#ifndef TRAINER_NPZ_FILE_H
#define TRAINER_NPZ_FILE_H

#include "file_content.h"
#include "model.h"
#include "must_check.h"

/* Appends it to an empty content; the same model makes the same bytes. 0, or -1 with a message
 * [MESSAGE_BYTES]. */
MUST_CHECK int npz_file_make(file_content *out, const model *from, char *message);

#endif
