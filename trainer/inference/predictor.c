#include "predictor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

enum { BATCH = 256 };

struct predictor {
    model_engine *engine;
    prediction_printer *printer;
    uint32_t count;
    uint8_t images[BATCH][LENET_IMAGE_PIXELS];
    prediction predictions[BATCH];
    float probabilities[BATCH][LENET_CLASSES];
};

predictor *predictor_make(model_engine *with, prediction_printer *printer)
{
    predictor *self = calloc(1, sizeof *self);
    if (self != NULL) {
        self->engine = with;
        self->printer = printer;
    }
    return self;
}

int predictor_add(predictor *self, const uint8_t *pixels, const prediction *from, char *message)
{
    memcpy(self->images[self->count], pixels, LENET_IMAGE_PIXELS);
    self->predictions[self->count] = *from;
    self->count++;
    return self->count == BATCH ? predictor_flush(self, message) : 0;
}

/* Weights that are all finite may be so large that what comes out is not. */
static bool are_finite(const float *probabilities)
{
    for (unsigned i = 0; i < LENET_CLASSES; i++) {
        if (!isfinite(probabilities[i])) {
            return false;
        }
    }
    return true;
}

static int print(predictor *self, uint32_t i, char *message)
{
    prediction *made = &self->predictions[i];
    memcpy(made->probabilities, self->probabilities[i], sizeof made->probabilities);
    if (!are_finite(made->probabilities)) {
        return message_set(message,
                           "%s: the model's probabilities are not all numbers: its weights "
                           "are too large",
                           made->file);
    }
    return prediction_print(self->printer, made) == 0
               ? 0
               : message_set(message, "no memory for a prediction");
}

int predictor_flush(predictor *self, char *message)
{
    const model_engine *with = self->engine;
    const uint32_t count = self->count;
    self->count = 0;
    if (count > 0 && with->api->predict(with->engine, self->images[0], count,
                                        self->probabilities[0]) != ENGINE_OK) {
        return message_set(message, "the %s engine failed to predict: %s", with->api->name,
                           with->api->message(with->engine));
    }
    for (uint32_t i = 0; i < count; i++) {
        if (print(self, i, message) != 0) {
            return -1;
        }
    }
    return 0;
}

void predictor_free(predictor *self)
{
    free(self);
}
