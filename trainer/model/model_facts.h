/* The metadata of a model's file. They are the same in every format. */
#ifndef TRAINER_MODEL_FACTS_H
#define TRAINER_MODEL_FACTS_H

#include <jansson.h>

#include "model.h"
#include "must_check.h"

/* A new object whose values are all strings, as safetensors and ONNX require, or NULL without
 * memory. Keys:
 *
 *   program        "trainer VERSION"
 *   input          "28x28, byte / 255, light digit on black"
 *   classes        "0 1 2 3 4 5 6 7 8 9"
 * and if the model has an origin
 *   configuration  as in run.json, a string of JSON
 *   data_crc32     8 hexadecimal digits
 *   epoch          epochs done
 *   iterations     updates done
 *   loss, accuracy, val_loss, val_accuracy
 *                  of that epoch, with all digits; absent if they are not known */
json_t *model_facts(const model *self);

/* Sets the model's origin from such an object. If `facts` is NULL or another program's, there is no
 * origin. 0, or -1 with a message [MESSAGE_BYTES] that names the wrong key. */
MUST_CHECK int model_facts_read(model *out, const json_t *facts, char *message);

#endif
