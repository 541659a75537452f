/* The run's random draws, computed on the host as philox.h defines them. Engines may draw
 * elsewhere, but get the same values. */
#ifndef KERNELS_RANDOM_H
#define KERNELS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Initial parameters [LENET_PARAMETERS]: Glorot uniform kernels, zero biases. */
void random_parameters(float *parameters, uint64_t seed);

/* The order of an epoch (from 0): out[count] has each sample once. `scratch` [2 * count]. */
void random_order(uint32_t *out, uint64_t *scratch, uint32_t count, uint64_t seed, uint64_t epoch);

#endif
