#include "panel.h"

#include <math.h>
#include <stdio.h>

#include "pen.h"
#include "scale.h"

static const pen_font title_font = {14, true};
static const pen_font axis_font = {12, false};
static const pen_font tick_font = {11.5, false};

/* Room around the plot for titles and labels. */
static const double room_left = 68;
static const double room_right = 6;
static const double room_above = 26;
static const double room_below = 40;
static const double title_above = 10; /* the baseline, from the plot */
static const double tick_label_gap = 7;
static const double tick_label_drop = 4; /* from a tick to the baseline of its label's middle */
static const double tick_label_below = 17;
static const double x_title_below = 35;
static const double y_title_left = 56;
static const double thin_line = 1;
static const double curve_line = 1.7;
enum { MOST_MARKERS = 60, AXIS_TITLE_BYTES = 80 };

/* Where values lie on the page. */
typedef struct axes {
    scale x;
    scale y;
    double left;
    double top;
    double width;
    double height;
} axes;

static double page_x(const axes *on, double value)
{
    return on->left + on->width * scale_position(&on->x, value);
}

static double page_y(const axes *on, double value)
{
    return on->top + on->height * (1 - scale_position(&on->y, value));
}

static void widen(scale_data *data, double value)
{
    if (isfinite(value)) {
        data->low = fmin(data->low, value);
        data->high = fmax(data->high, value);
    }
}

static axes axes_of(const panel *self, panel_place at)
{
    scale_data x = {.low = INFINITY,
                    .high = -INFINITY,
                    .least = 0,
                    .most = INFINITY,
                    .from_zero = true,
                    .whole = self->x_is_whole};
    scale_data y = {.low = INFINITY,
                    .high = -INFINITY,
                    .least = 0,
                    .most = self->y_most,
                    .wide_is_logarithmic = self->y_may_be_logarithmic};
    for (size_t i = 0; i < self->count; i++) {
        const curve *line = &self->lines[i];
        for (size_t j = 0; j < line->count; j++) {
            widen(&x, line->points[j].x);
            widen(&y, line->points[j].low);
            widen(&y, line->points[j].high);
        }
    }
    return (axes){.x = scale_make(&x),
                  .y = scale_make(&y),
                  .left = at.left + room_left,
                  .top = at.top + room_above,
                  .width = at.width - room_left - room_right,
                  .height = at.height - room_above - room_below};
}

static void draw_line(cairo_t *to, double from_x, double from_y, double x, double y)
{
    cairo_move_to(to, from_x, from_y);
    cairo_line_to(to, x, y);
    cairo_stroke(to);
}

static void draw_x_ticks(cairo_t *to, const axes *on, const theme *look)
{
    const double bottom = on->top + on->height;
    for (size_t i = 0; i < on->x.tick_count; i++) {
        char label[SCALE_LABEL_BYTES];
        const double x = page_x(on, on->x.ticks[i]);
        scale_format_tick(&on->x, i, label);
        pen_colour(to, look->grid);
        draw_line(to, x, on->top, x, bottom);
        pen_colour(to, look->text);
        pen_text(to, tick_font, PEN_CENTRE, x, bottom + tick_label_below, label);
    }
}

static void draw_y_ticks(cairo_t *to, const axes *on, const theme *look)
{
    for (size_t i = 0; i < on->y.tick_count; i++) {
        char label[SCALE_LABEL_BYTES];
        const double y = page_y(on, on->y.ticks[i]);
        scale_format_tick(&on->y, i, label);
        pen_colour(to, look->grid);
        draw_line(to, on->left, y, on->left + on->width, y);
        pen_colour(to, look->text);
        pen_text(to, tick_font, PEN_RIGHT, on->left - tick_label_gap, y + tick_label_drop, label);
    }
}

static void draw_titles(cairo_t *to, const panel *self, const axes *on, const theme *look)
{
    char y_title[AXIS_TITLE_BYTES];
    snprintf(y_title, sizeof y_title, "%s%s", self->y_title,
             on->y.logarithmic ? ", logarithmic" : "");
    pen_colour(to, look->text);
    pen_text(to, title_font, PEN_LEFT, on->left, on->top - title_above, self->title);
    pen_colour(to, look->faint_text);
    pen_text(to, axis_font, PEN_CENTRE, on->left + on->width / 2,
             on->top + on->height + x_title_below, self->x_title);
    pen_text_upwards(to, axis_font, on->left - y_title_left, on->top + on->height / 2, y_title);
}

static void draw_frame(cairo_t *to, const axes *on, const theme *look)
{
    pen_colour(to, look->frame);
    cairo_rectangle(to, on->left, on->top, on->width, on->height);
    cairo_stroke(to);
}

static bool is_drawn(const curve_point *point)
{
    return isfinite(point->x) && isfinite(point->mean);
}

/* The points from `first` on that are drawn without a gap. */
static size_t unbroken(const curve *line, size_t first)
{
    size_t count = 0;
    while (first + count < line->count && is_drawn(&line->points[first + count])) {
        count++;
    }
    return count;
}

static void fill_band(cairo_t *to, const axes *on, const curve_point *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cairo_line_to(to, page_x(on, points[i].x), page_y(on, points[i].high));
    }
    for (size_t i = count; i-- > 0;) {
        cairo_line_to(to, page_x(on, points[i].x), page_y(on, points[i].low));
    }
    cairo_close_path(to);
    cairo_fill(to);
}

/* A band of one point has no width; it is a bar. */
static void draw_bar(cairo_t *to, const axes *on, const curve_point *point)
{
    static const double bar_line = 5;
    cairo_set_line_width(to, bar_line);
    draw_line(to, page_x(on, point->x), page_y(on, point->low), page_x(on, point->x),
              page_y(on, point->high));
}

static void draw_band(cairo_t *to, const axes *on, const curve *line)
{
    for (size_t first = 0; first < line->count; first++) {
        const size_t count = unbroken(line, first);
        if (count > 1) {
            fill_band(to, on, &line->points[first], count);
        } else if (count == 1) {
            draw_bar(to, on, &line->points[first]);
        }
        first += count;
    }
}

static void draw_curve(cairo_t *to, const axes *on, const curve *line)
{
    for (size_t i = 0; i < line->count; i++) {
        if (is_drawn(&line->points[i])) {
            cairo_line_to(to, page_x(on, line->points[i].x), page_y(on, line->points[i].mean));
        } else {
            cairo_new_sub_path(to);
        }
    }
    cairo_stroke(to);
}

/* Draws a marker at each point. If there are many points, at some of them, which differ by
 * curve. */
static void draw_markers(cairo_t *to, const axes *on, const panel *self, size_t i, colour of)
{
    const curve *line = &self->lines[i];
    const size_t stride = (line->count * self->count + MOST_MARKERS - 1) / MOST_MARKERS;
    for (size_t j = stride * i / self->count; j < line->count; j += stride) {
        const curve_point *point = &line->points[j];
        if (is_drawn(point)) {
            pen_marker(to, theme_marker(i), of, page_x(on, point->x), page_y(on, point->mean));
        }
    }
}

static void draw_lines(cairo_t *to, const panel *self, const axes *on, const theme *look)
{
    for (size_t i = 0; i < self->count; i++) {
        const colour of = theme_colour(look, i, self->count);
        cairo_set_source_rgba(to, of.red, of.green, of.blue, look->band_opacity);
        if (self->lines[i].has_band) {
            draw_band(to, on, &self->lines[i]);
        }
    }
    for (size_t i = 0; i < self->count; i++) {
        const colour of = theme_colour(look, i, self->count);
        pen_colour(to, of);
        cairo_set_line_width(to, curve_line);
        draw_curve(to, on, &self->lines[i]);
        draw_markers(to, on, self, i, of);
    }
}

void panel_draw(cairo_t *to, const panel *self, const theme *look, panel_place at)
{
    const axes on = axes_of(self, at);
    cairo_set_line_width(to, thin_line);
    draw_x_ticks(to, &on, look);
    draw_y_ticks(to, &on, look);
    draw_frame(to, &on, look);
    draw_titles(to, self, &on, look);
    draw_lines(to, self, &on, look);
}
