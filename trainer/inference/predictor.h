/* Images in, predictions printed, in the order in which the images came: they are computed many at
 * a time, whatever files they are from. */
#ifndef TRAINER_PREDICTOR_H
#define TRAINER_PREDICTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "model_engine.h"
#include "must_check.h"
#include "prediction_print.h"

typedef struct predictor predictor;

/* Both must outlive it, and the printer has begun. NULL without memory. */
predictor *predictor_make(model_engine *with, prediction_printer *printer);

/* Takes an image [28,28] as the network takes it, light ink on black; `from` says whose prediction
 * it will be, its file must outlive that, and its probabilities are not looked at. 0, or -1 with a
 * message [MESSAGE_BYTES], of which there is nothing more to expect. */
MUST_CHECK int predictor_add(predictor *self, const uint8_t *pixels, const prediction *from,
                             char *message);

/* Prints what is not printed yet. As above. */
MUST_CHECK int predictor_flush(predictor *self, char *message);

void predictor_free(predictor *self); /* NULL is allowed */

#endif
