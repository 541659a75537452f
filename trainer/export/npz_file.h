/* A model as NumPy's .npz: one array per tensor, with our names and layouts ("conv1/kernel"
 * [3,3,1,32] and so on, lenet.h). The layouts are those of Keras and flax. The archive's comment is
 * the metadata of model_facts, as JSON. */
#ifndef TRAINER_NPZ_FILE_H
#define TRAINER_NPZ_FILE_H

#include "file_content.h"
#include "model.h"
#include "must_check.h"

/* Appends the file to an empty content. The same model gives the same bytes. 0, or -1 with a
 * message [MESSAGE_BYTES]. */
MUST_CHECK int npz_file_make(file_content *out, const model *from, char *message);

#endif
