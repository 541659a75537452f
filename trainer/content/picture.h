/* A small RGB picture to draw on: filled rectangles, grey images and text in a font of our own.
 * Positions and sizes are in pixels from the top left corner. Everything must be inside the
 * picture. */
#ifndef TRAINER_PICTURE_H
#define TRAINER_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "must_check.h"

typedef struct picture_color {
    uint8_t red;
    uint8_t green;
    uint8_t blue;
} picture_color;

typedef struct picture {
    uint32_t width;
    uint32_t height;
    uint8_t *pixels; /* [height,width,3], the picture's own */
} picture;

/* The cell of a character; its last column and row are blank. */
enum { PICTURE_CHARACTER_WIDTH = 6, PICTURE_CHARACTER_HEIGHT = 9 };

/* All of one color. -1 without memory; *out is then empty. */
MUST_CHECK int picture_make(picture *out, uint32_t width, uint32_t height, picture_color color);

/* The rectangle with its top left corner at x, y. */
void picture_fill(picture *self, uint32_t x, uint32_t y, uint32_t width, uint32_t height,
                  picture_color color);

/* Grey pixels [height,width] from x, y on, each as a square of scale x scale. */
void picture_grey(picture *self, uint32_t x, uint32_t y, const uint8_t *pixels, uint32_t width,
                  uint32_t height, uint32_t scale);

/* A line of text with its top left corner at x, y. Characters that the font lacks are left blank;
 * it has the digits and the letters "abcdeiklprst". */
void picture_text(picture *self, uint32_t x, uint32_t y, const char *text, picture_color color);

/* Frees what the picture owns and empties it. */
void picture_free(picture *self);

#endif
