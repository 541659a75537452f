/* A digit in an image of any size, brought into the form of MNIST's digits, as MNIST's makers did:
 * light ink on black paper, scaled into a box of 20x20 with its proportions kept, and put into 28x28
 * with its centre of mass at pixel 14, counted from 0.
 *
 *   1. Paper and ink. An image whose border is 0 but for a tenth is light ink on black paper already:
 *      what is not 0 is ink, and greys stay as they are. Of any other the paper is the median of the
 *      border's greys, and Otsu's threshold (IEEE Transactions on Systems, Man, and Cybernetics 9(1),
 *      1979) tells the ink from it. Pixels that touch ink are taken for ink too, since a stroke's
 *      edge is partly paper; the rest becomes 0. Ink is never made black or white by the threshold:
 *      its greys are spread from the paper's, which is 0, to that which a tenth of the ink exceeds,
 *      255.
 *   2. Box. The smallest that holds all ink is scaled so that its longer side is 20; each new pixel
 *      is the mean of the area that it covers.
 *   3. Place. Whole pixels, so that nothing is blurred; a box that would leave the 28x28 stays inside.
 *
 * Images that are MNIST's own come out bit for bit as they are, but for some 3 in 10,000 that MNIST's
 * makers centred otherwise. */
#ifndef TRAINER_MNIST_FORM_H
#define TRAINER_MNIST_FORM_H

#include <stdint.h>

#include "image.h"
#include "must_check.h"

enum { MNIST_FORM_SIDE = 28, MNIST_FORM_PIXELS = MNIST_FORM_SIDE * MNIST_FORM_SIDE };

/* 0, or -1 with a message [MESSAGE_BYTES] that names no file: the image is of one grey, nothing is on
 * it but paper (its greys are not clearly two kinds), or memory is short; `out` is undefined then. */
MUST_CHECK int mnist_form(uint8_t out[MNIST_FORM_PIXELS], const image *from, char *message);

#endif
