/* Text, markers and colours on a cairo context. Lengths are in pixels of 1/96 inch; y grows
 * downwards. */
#ifndef TRAINER_PEN_H
#define TRAINER_PEN_H

#include <cairo.h>
#include <stdbool.h>

#include "theme.h"

typedef struct pen_font {
    double size;
    bool bold;
} pen_font;

typedef enum pen_side { PEN_LEFT, PEN_CENTRE, PEN_RIGHT } pen_side;

/* Call it first: it makes text equally wide in all kinds of files. */
void pen_begin(cairo_t *to);

void pen_colour(cairo_t *to, colour of);

double pen_text_width(cairo_t *to, pen_font font, const char *text);

/* Draws one line of text whose `side` is at x, and its baseline at y. */
void pen_text(cairo_t *to, pen_font font, pen_side side, double x, double y, const char *text);

/* Draws text upwards, its middle at y and its baseline at x. */
void pen_text_upwards(cairo_t *to, pen_font font, double x, double y, const char *text);

/* Draws a marker, filled with a colour, around (x, y). */
void pen_marker(cairo_t *to, marker shape, colour of, double x, double y);

#endif
