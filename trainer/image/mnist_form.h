/* Converts an image of a digit, of any size, to the form of MNIST's digits, as MNIST's makers did.
 * The digit becomes light ink on black paper. It is scaled to fit into 20x20 with its proportions
 * kept, and placed in 28x28 with its centre of mass at pixel 14, counted from 0.
 *
 *   1. The ink is separated from the paper (paper_ink.h).
 *   2. The smallest box around all ink is scaled so that its longer side is 20. Each new pixel is
 *      the mean of the area that it covers.
 *   3. The box is moved by whole pixels, so that nothing is blurred, and never beyond the 28x28.
 *
 * MNIST's own images stay as they are, bit for bit, except for some 3 in 10,000 that its makers
 * scaled or centred differently. */
#ifndef TRAINER_MNIST_FORM_H
#define TRAINER_MNIST_FORM_H

#include <stdint.h>

#include "image.h"
#include "must_check.h"

enum { MNIST_FORM_SIDE = 28, MNIST_FORM_PIXELS = MNIST_FORM_SIDE * MNIST_FORM_SIDE };

/* 0, or -1 with a message [MESSAGE_BYTES] without the file's name: that of paper_ink_draw, or that
 * so little ink is left that all pixels are black. `out` is undefined after -1. */
MUST_CHECK int mnist_form(uint8_t out[MNIST_FORM_PIXELS], const image *from, char *message);

#endif
