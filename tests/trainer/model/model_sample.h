/* Parameters that are all different, and files with a header that the test chooses. */
#ifndef TESTS_TRAINER_MODEL_SAMPLE_H
#define TESTS_TRAINER_MODEL_SAMPLE_H

#include <stddef.h>

#include "lenet.h"

/* [LENET_PARAMETERS], all finite; static. */
const float *model_sample_parameters(void);

/* The header of a file with only the eight tensors, in order; to be freed. */
char *model_sample_header(void);

/* The text with the first `old`, which must exist, replaced; to be freed. */
char *model_sample_replace(const char *text, const char *old, const char *replacement);

/* A file's content, to be freed: the header's length, the header, and data_bytes of data: the
 * parameters in order, then zeros. */
char *model_sample_content(const char *header, size_t data_bytes, size_t *bytes);

/* The content of a file below the scratch directory, to be freed. */
char *model_sample_read(const char *name, size_t *bytes);

#endif
