/* The data and the configuration of the run in keras_golden.h, for tests that repeat it. */
#ifndef GOLDEN_DATA_H
#define GOLDEN_DATA_H

#include "engine.h"
#include "keras_golden.h"
#include "lenet.h"
#include "synthetic_digits.h"

/* The largest relative difference allowed between an engine in single precision and Keras in
 * float64, in the losses of the run's steps and in its epoch metrics. */
#define GOLDEN_ENGINE_BOUND 1e-5

typedef struct golden_data {
    uint8_t images[(KERAS_GOLDEN_TRAINING + KERAS_GOLDEN_VALIDATION) * LENET_IMAGE_PIXELS];
    uint8_t labels[KERAS_GOLDEN_TRAINING + KERAS_GOLDEN_VALIDATION];
    engine_data training; /* point into the arrays above */
    engine_data validation;
} golden_data;

static inline void golden_data_fill(golden_data *data)
{
    synthetic_digits(data->images, data->labels, KERAS_GOLDEN_DATA_SEED, 0,
                     KERAS_GOLDEN_TRAINING + KERAS_GOLDEN_VALIDATION);
    data->training = (engine_data){data->images, data->labels, KERAS_GOLDEN_TRAINING};
    data->validation = (engine_data){data->images + KERAS_GOLDEN_TRAINING * LENET_IMAGE_PIXELS,
                                     data->labels + KERAS_GOLDEN_TRAINING, KERAS_GOLDEN_VALIDATION};
}

/* Adam's four parameters are Keras' defaults, written out here because ours may change. */
static inline engine_config golden_config(void)
{
    return (engine_config){
        .batch_size = KERAS_GOLDEN_BATCH_SIZE,
        .seed = KERAS_GOLDEN_SEED,
        .precision = ENGINE_FP32,
        .learning_rate = 1e-3,
        .beta_1 = 0.9,
        .beta_2 = 0.999,
        .epsilon = 1e-7,
        .runs_at_once = 1,
    };
}

#endif
