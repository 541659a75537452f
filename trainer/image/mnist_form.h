/* A digit in an image of any size, brought into the form of MNIST's digits, as MNIST's makers did:
 * light ink on black paper, scaled into a box of 20x20 with its proportions kept, and put into
 * 28x28 with its centre of mass at pixel 14, counted from 0.
 *
 *   1. Its ink is told from its paper (paper_ink.h).
 *   2. The smallest box that holds all ink is scaled so that its longer side is 20; each new pixel
 *      is the mean of the area that it covers.
 *   3. The box is moved by whole pixels, so that nothing is blurred; one that would leave the 28x28
 *      stays inside.
 *
 * MNIST's own images come out bit for bit as they are, but for some 3 in 10,000 that its makers
 * scaled or centred otherwise. */
#ifndef TRAINER_MNIST_FORM_H
#define TRAINER_MNIST_FORM_H

#include <stdint.h>

#include "image.h"
#include "must_check.h"

enum { MNIST_FORM_SIDE = 28, MNIST_FORM_PIXELS = MNIST_FORM_SIDE * MNIST_FORM_SIDE };

/* 0, or -1 with a message [MESSAGE_BYTES] that names no file, as of paper_ink_draw, or because so
 * little of the ink is left that all is black; `out` is undefined then. */
MUST_CHECK int mnist_form(uint8_t out[MNIST_FORM_PIXELS], const image *from, char *message);

#endif
