/* Made-up data like MNIST, the same everywhere by an integer formula: digits of seven segments on
 * a blank background. Most pixels are exactly 0, as in MNIST; the strokes have noise, so that no
 * two pixels of a stroke need be equal. tests/support/golden/regenerate.py draws the same in NumPy.
 *
 *   block(b)  = philox(seed, SYNTHETIC_DIGITS_PURPOSE, i, b) for image i
 *   of block 0: label = word 0 % 10; top row = 3 + word 1 % 5; left column = 5 + word 2 % 7;
 *               thickness t = 2 + word 3 % 2
 *   noise of pixel p = byte p % 16 of block 1 + p / 16
 *   A pixel on a lit segment of the 18 x 10 glyph is 128 + noise / 2, or 0 where noise < 32. */
#ifndef SYNTHETIC_DIGITS_H
#define SYNTHETIC_DIGITS_H

#include <stdint.h>

/* A counter that no engine uses, so that the data share no random word with a run. */
enum { SYNTHETIC_DIGITS_PURPOSE = 256 };

/* Fills images [count,28,28] and labels [count] with images first .. first + count - 1. */
void synthetic_digits(uint8_t *images, uint8_t *labels, uint64_t seed, uint32_t first,
                      uint32_t count);

#endif
