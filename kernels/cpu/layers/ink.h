/* Where an image has ink: pixels that are not 0. Most of a digit's image is blank, and conv2's
 * output for a blank patch is always the same, so it need not be computed for each. */
#ifndef KERNELS_CPU_INK_H
#define KERNELS_CPU_INK_H

#include <stdint.h>

#include "lenet.h"

/* Bit x of row y is set if position (y, x) of conv2 sees a pixel of its 5x5 that is not 0. */
typedef struct cpu_ink {
    uint32_t row[LENET_CONV2_SIDE];
} cpu_ink;

/* image [28,28] */
void cpu_ink_find(const uint8_t *image, cpu_ink *out);

#endif
