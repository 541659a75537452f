/* Small made-up data sets: strokes on a blank background, like MNIST's, and labels that depend on
 * them. */
#ifndef TESTS_KERNELS_SAMPLE_DATA_H
#define TESTS_KERNELS_SAMPLE_DATA_H

#include "engine.h"

/* The caller frees images and labels with sample_data_free. Different seeds give different sets. */
engine_data sample_data(uint32_t count, uint32_t seed);
void sample_data_free(engine_data *data);

#endif
