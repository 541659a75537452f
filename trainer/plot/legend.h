/* The legend of a figure: a grid of markers and labels. */
#ifndef TRAINER_LEGEND_H
#define TRAINER_LEGEND_H

#include <cairo.h>

#include "figure.h"
#include "theme.h"

/* As many columns of this width as fit into the room. */
typedef struct legend_grid {
    size_t columns;
    size_t rows;
    double column_width;
} legend_grid;

/* Measures the labels with `to`, without drawing. */
legend_grid legend_measure(cairo_t *to, const figure *of, double width);

double legend_height(const legend_grid *grid);

void legend_draw(cairo_t *to, const figure *of, const legend_grid *grid, const theme *look,
                 double left, double top);

#endif
