/* Writes a model in the format that the ending of the file's name decides. */
#ifndef TRAINER_MODEL_EXPORT_H
#define TRAINER_MODEL_EXPORT_H

#include "model.h"
#include "must_check.h"

/* The endings that model_export supports, as text for messages. */
extern const char *const model_export_endings;

/* The format for the ending of `path`, static; NULL if the ending is not supported. */
typedef struct export_format export_format;
const export_format *export_format_of(const char *path);

/* "ONNX" */
const char *export_format_title(const export_format *format);

/* Writes the file `path`, or replaces it atomically (file_replace.h). 0, or -1 with a message
 * [MESSAGE_BYTES] that names the file, and an existing file unchanged. */
MUST_CHECK int model_export(const model *from, const export_format *format, const char *path,
                            char *message);

#endif
