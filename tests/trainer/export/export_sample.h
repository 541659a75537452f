/* A model with all metadata, for tests of the exported files. */
#ifndef TESTS_TRAINER_EXPORT_SAMPLE_H
#define TESTS_TRAINER_EXPORT_SAMPLE_H

#include <zip.h>

#include "file_content.h"
#include "model.h"

/* A model after two of three epochs, with the parameters of model_sample.h. Do not free
 * anything. */
model export_sample(void);

/* The file that `make` makes of the sample, to be freed. It must succeed, and make the same bytes
 * again. */
file_content export_sample_file(int (*make)(file_content *out, const model *from, char *message));

/* Opens a file that is a zip archive, for reading, until zip_discard; the content must outlive
 * it. */
zip_t *export_sample_archive(const file_content *content);

#endif
