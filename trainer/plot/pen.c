#include "pen.h"

#include <math.h>

static const double marker_radius = 3.3;
static const double star_line = 1.8;
static const double degree = 3.14159265358979323846 / 180;

void pen_begin(cairo_t *to)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(to, options);
    cairo_font_options_destroy(options);
    cairo_set_line_join(to, CAIRO_LINE_JOIN_ROUND);
}

void pen_colour(cairo_t *to, colour of)
{
    cairo_set_source_rgb(to, of.red, of.green, of.blue);
}

static void take_font(cairo_t *to, pen_font font)
{
    cairo_select_font_face(to, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           font.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(to, font.size);
}

double pen_text_width(cairo_t *to, pen_font font, const char *text)
{
    cairo_text_extents_t extents;
    take_font(to, font);
    cairo_text_extents(to, text, &extents);
    return extents.x_advance;
}

void pen_text(cairo_t *to, pen_font font, pen_side side, double x, double y, const char *text)
{
    const double width = pen_text_width(to, font, text);
    const double before = side == PEN_LEFT ? 0 : side == PEN_CENTRE ? width / 2 : width;
    cairo_move_to(to, x - before, y);
    cairo_show_text(to, text);
    cairo_new_path(to);
}

void pen_text_upwards(cairo_t *to, pen_font font, double x, double y, const char *text)
{
    cairo_save(to);
    cairo_translate(to, x, y);
    cairo_rotate(to, -90 * degree);
    pen_text(to, font, PEN_CENTRE, 0, 0, text);
    cairo_restore(to);
}

static void trace_polygon(cairo_t *to, marker shape, double x, double y)
{
    for (unsigned i = 0; i < shape.corners; i++) {
        const double angle = (shape.turn + 360.0 * i / shape.corners) * degree;
        if (shape.is_star) {
            cairo_move_to(to, x, y);
        }
        cairo_line_to(to, x + marker_radius * cos(angle), y + marker_radius * sin(angle));
    }
}

void pen_marker(cairo_t *to, marker shape, colour of, double x, double y)
{
    pen_colour(to, of);
    if (shape.corners == 0) {
        cairo_arc(to, x, y, marker_radius, 0, 360 * degree);
    } else {
        trace_polygon(to, shape, x, y);
    }
    if (shape.is_star) {
        cairo_set_line_width(to, star_line);
        cairo_stroke(to);
    } else {
        cairo_close_path(to);
        cairo_fill(to);
    }
}
