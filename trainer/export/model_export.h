/* Writes a model in the format that the name of the file asks for. */
#ifndef TRAINER_MODEL_EXPORT_H
#define TRAINER_MODEL_EXPORT_H

#include "model.h"
#include "must_check.h"

/* The endings that model_export knows, as a text for people. */
extern const char *const model_export_endings;

/* One of the formats, for as long as the program runs; NULL if `path` has the ending of none. */
typedef struct export_format export_format;
const export_format *export_format_of(const char *path);

/* "ONNX" */
const char *export_format_title(const export_format *format);

/* Writes the file `path`, or replaces it whole (file_replace.h). 0, or -1 with a message
 * [MESSAGE_BYTES] that names the file, and what was there is there still. */
MUST_CHECK int model_export(const model *from, const export_format *format, const char *path,
                            char *message);

#endif
