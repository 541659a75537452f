#include "legend.h"

#include <math.h>

#include "pen.h"

static const pen_font label_font = {12.5, false};
static const double row_height = 20;
static const double baseline = 14;  /* of a label, from the top of its row */
static const double line_above = 4; /* of the baseline: the middle of the letters */
static const double line_length = 28;
static const double line_width = 1.7;
static const double label_gap = 7;
static const double column_gap = 24;

legend_grid legend_measure(cairo_t *to, const figure *of, double width)
{
    legend_grid grid = {.columns = 1};
    double widest = 0;
    for (size_t i = 0; i < of->count; i++) {
        widest = fmax(widest, pen_text_width(to, label_font, of->labels[i]));
    }
    grid.column_width = line_length + label_gap + widest + column_gap;
    const double fitting = floor((width + column_gap) / grid.column_width);
    if (fitting > 1) {
        grid.columns = (size_t)fitting;
    }
    grid.rows = (of->count + grid.columns - 1) / grid.columns;
    return grid;
}

double legend_height(const legend_grid *grid)
{
    return (double)grid->rows * row_height;
}

static void draw_entry(cairo_t *to, const figure *of, size_t i, const theme *look, double x,
                       double y)
{
    const colour with = theme_colour(look, i, of->count);
    pen_colour(to, with);
    cairo_set_line_width(to, line_width);
    cairo_move_to(to, x, y - line_above);
    cairo_line_to(to, x + line_length, y - line_above);
    cairo_stroke(to);
    pen_marker(to, theme_marker(i), with, x + line_length / 2, y - line_above);
    pen_colour(to, look->text);
    pen_text(to, label_font, PEN_LEFT, x + line_length + label_gap, y, of->labels[i]);
}

void legend_draw(cairo_t *to, const figure *of, const legend_grid *grid, const theme *look,
                 double left, double top)
{
    for (size_t i = 0; i < of->count; i++) {
        const size_t column = i % grid->columns;
        const size_t row = i / grid->columns;
        draw_entry(to, of, i, look, left + (double)column * grid->column_width,
                   top + (double)row * row_height + baseline);
    }
}
