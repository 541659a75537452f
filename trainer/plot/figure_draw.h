/* Draws a figure: titles, a legend, and four panels, training above validation, loss beside
 * accuracy. */
#ifndef TRAINER_FIGURE_DRAW_H
#define TRAINER_FIGURE_DRAW_H

#include <cairo.h>

#include "figure.h"
#include "theme.h"

/* The width of every figure; lengths are in pixels of 1/96 inch. */
enum { FIGURE_WIDTH = 880 };

/* Depends on the legend. */
double figure_height(const figure *self);

/* Draws the figure with its top left corner at (0, 0). The context keeps errors (cairo_status). */
void figure_draw(cairo_t *to, const figure *self, const theme *look);

#endif
