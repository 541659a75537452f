/* Separates the ink of a drawing from its paper.
 *
 * If nine tenths of the border's pixels are 0, the picture is already light ink on black paper, and
 * all grey values are kept. Otherwise:
 *
 *   1. A plane is fitted to the border's grey values. It is the paper's grey, which uneven light
 *      makes a slope, and is subtracted from all grey values.
 *   2. Otsu's threshold (IEEE Transactions on Systems, Man, and Cybernetics 9(1), 1979) separates
 *      the values. Each pixel is first averaged with its neighbours, so that noise makes no specks.
 *      Pixels beyond the threshold are ink, and so are their neighbours, since the edge of a stroke
 *      is partly paper.
 *   3. The ink's values are scaled linearly: the paper's grey becomes 0, and the value that a tenth
 *      of the ink exceeds becomes 255. */
#ifndef TRAINER_PAPER_INK_H
#define TRAINER_PAPER_INK_H

#include "image.h"
#include "must_check.h"

/* Draws only the ink, light on black, into a new image of the same size. The image has some ink. 0,
 * or -1 with a message [MESSAGE_BYTES] without the file's name: the picture has a single grey, its
 * grey values are not clearly of two kinds, or there is no memory. Takes 2 bytes per pixel, of
 * which 1 stays allocated. */
MUST_CHECK int paper_ink_draw(image *out, const image *from, char *message);

#endif
