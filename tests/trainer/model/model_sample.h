/* Parameters that are all different, and files with a header of a test's own. */
#ifndef TESTS_TRAINER_MODEL_SAMPLE_H
#define TESTS_TRAINER_MODEL_SAMPLE_H

#include <stddef.h>

#include "lenet.h"

/* [LENET_PARAMETERS], all finite; static. */
const float *model_sample_parameters(void);

/* The header of a file with all eight tensors in their order and nothing else, to be freed. */
char *model_sample_header(void);

/* The text with the first `old` replaced, which must be there; to be freed. */
char *model_sample_replace(const char *text, const char *old, const char *replacement);

/* A file's content, to be freed: the header's length, the header, and data_bytes of data, which are
 * the parameters as they lie and zeros after them. */
char *model_sample_content(const char *header, size_t data_bytes, size_t *bytes);

/* A file below the scratch directory, to be freed. */
char *model_sample_read(const char *name, size_t *bytes);

#endif
