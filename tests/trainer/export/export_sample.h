/* A model with all that can be known of one, for tests of the files that are made of it. */
#ifndef TESTS_TRAINER_EXPORT_SAMPLE_H
#define TESTS_TRAINER_EXPORT_SAMPLE_H

#include <zip.h>

#include "file_content.h"
#include "model.h"

/* After two of three epochs, with the parameters of model_sample.h. Nothing is to be freed. */
model export_sample(void);

/* What `make` makes of it, to be freed. It must succeed, and make the same bytes again. */
file_content export_sample_file(int (*make)(file_content *out, const model *from, char *message));

/* Opens a file that is a zip archive, for reading, until zip_discard; the content must outlive
 * it. */
zip_t *export_sample_archive(const file_content *content);

#endif
