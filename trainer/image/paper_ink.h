/* Tells the ink in a picture of one drawing from its paper.
 *
 * A picture whose border is 0 but for a tenth is light ink on black paper already: every grey is an
 * amount of ink, as it is. Of any other:
 *
 *   1. The paper's grey, which light makes a slope, is the plane that fits the border best. From
 *      here on greys are counted from it.
 *   2. Otsu's threshold (IEEE Transactions on Systems, Man, and Cybernetics 9(1), 1979) parts the
 *      greys, each the mean of a pixel and its neighbours, so that noise makes no specks. What is
 *      not on the paper's side of it is ink, and so are the neighbours of ink, for a stroke's edge
 *      is partly paper.
 *   3. Ink keeps its greys: the paper's is 0, that which a tenth of the ink exceeds is 255, and
 *      those between them are spread evenly. */
#ifndef TRAINER_PAPER_INK_H
#define TRAINER_PAPER_INK_H

#include "image.h"
#include "must_check.h"

/* Draws the ink alone, light on black, into a new image of the same size, which has some. 0, or -1
 * with a message [MESSAGE_BYTES] that names no file: the picture has one grey, there is nothing on
 * it but paper (its greys are not clearly of two kinds), or memory is short. It takes 2 bytes a
 * pixel, of which 1 stays. */
MUST_CHECK int paper_ink_draw(image *out, const image *from, char *message);

#endif
