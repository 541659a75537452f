/* Predicts images and prints the predictions in the order of the images. It computes many images at
 * a time, across files. */
#ifndef TRAINER_PREDICTOR_H
#define TRAINER_PREDICTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "model_engine.h"
#include "must_check.h"
#include "prediction_print.h"

typedef struct predictor predictor;

/* `with` and `printer` must outlive the predictor; prediction_print_begin was called. NULL without
 * memory. */
predictor *predictor_make(model_engine *with, prediction_printer *printer);

/* Adds an image [28,28] in the network's form, light ink on black. `from` has the image's file and
 * index; its probabilities are ignored, and its file name must outlive the next flush. 0, or -1
 * with a message [MESSAGE_BYTES]; then the predictor cannot be used further. */
MUST_CHECK int predictor_add(predictor *self, const uint8_t *pixels, const prediction *from,
                             char *message);

/* Prints the predictions that are not printed yet. Returns as above. */
MUST_CHECK int predictor_flush(predictor *self, char *message);

void predictor_free(predictor *self); /* NULL is allowed */

#endif
