/* Where an image has ink: pixels that are not 0. Most of a drawn digit's image is blank, and what
 * a convolution gives on a blank patch is known beforehand, so the kernels pass over those places;
 * the results are those of computing them. */
#ifndef KERNELS_CPU_INK_H
#define KERNELS_CPU_INK_H

#include <stdint.h>

#include "lenet.h"

/* Bit x of row y is set where position (y, x) of the layer sees a pixel that is not 0: 3x3 pixels
 * for conv1, 5x5 for conv2. */
typedef struct cpu_ink {
    uint32_t conv1[LENET_CONV1_SIDE];
    uint32_t conv2[LENET_CONV2_SIDE];
} cpu_ink;

/* image [28,28] */
void cpu_ink_find(const uint8_t *image, cpu_ink *out);

#endif
