#include "figure_draw.h"

#include <math.h>
#include <string.h>

#include "legend.h"
#include "panel.h"
#include "pen.h"

static const pen_font title_font = {18, true};
static const pen_font small_font = {12.5, false};

static const double margin = 20;
static const double title_baseline = 18; /* from the margin */
static const double subtitle_baseline = 39;
static const double head_height = 52;
static const double legend_gap = 10; /* to the panels */
static const double panel_gap = 20;
static const double panel_height = 266;
static const double row_gap = 10;
static const double caption_gap = 12;
static const double caption_line = 18;
enum { COLUMNS = 2, ROWS = FIGURE_PANELS / COLUMNS, CAPTIONS = 2 };
static const double most_percent = 100;

static const char cut[] = "…";

static double inner_width(void)
{
    return FIGURE_WIDTH - 2 * margin;
}

static double height_below(const legend_grid *grid)
{
    return margin + head_height + legend_height(grid) + legend_gap;
}

double figure_height(const figure *self)
{
    cairo_surface_t *nothing = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *measure = cairo_create(nothing);
    pen_begin(measure);
    const legend_grid grid = legend_measure(measure, self, inner_width());
    cairo_destroy(measure);
    cairo_surface_destroy(nothing);
    return ceil(height_below(&grid) + ROWS * panel_height + (ROWS - 1) * row_gap + caption_gap +
                CAPTIONS * caption_line + margin);
}

/* Cuts characters off the end until the text fits, and marks the cut. */
static void fit_text(cairo_t *to, pen_font font, double width, char text[FIGURE_TEXT_BYTES])
{
    size_t length = strlen(text);
    while (length > 0 && pen_text_width(to, font, text) > width) {
        do {
            length--;
        } while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80);
        if (length + sizeof cut <= FIGURE_TEXT_BYTES) {
            memcpy(text + length, cut, sizeof cut);
        } else {
            text[length] = '\0';
        }
    }
}

/* Draws small text across the page, cut off if it is too long. */
static void draw_small(cairo_t *to, double y, const char text[FIGURE_TEXT_BYTES])
{
    char fitted[FIGURE_TEXT_BYTES];
    memcpy(fitted, text, sizeof fitted);
    fit_text(to, small_font, inner_width(), fitted);
    pen_text(to, small_font, PEN_LEFT, margin, y, fitted);
}

static void draw_head(cairo_t *to, const figure *self, const theme *look)
{
    pen_colour(to, look->text);
    pen_text(to, title_font, PEN_LEFT, margin, margin + title_baseline, self->title);
    pen_colour(to, look->faint_text);
    draw_small(to, margin + subtitle_baseline, self->subtitle);
}

static void draw_panels(cairo_t *to, const figure *self, const theme *look, double top)
{
    static const struct {
        const char *title;
        bool is_accuracy;
    } kinds[FIGURE_PANELS] = {[FIGURE_LOSS] = {"Training loss", false},
                              [FIGURE_ACCURACY] = {"Training accuracy", true},
                              [FIGURE_VAL_LOSS] = {"Validation loss", false},
                              [FIGURE_VAL_ACCURACY] = {"Validation accuracy", true}};
    const double width = (inner_width() - panel_gap) / COLUMNS;
    for (unsigned i = 0; i < FIGURE_PANELS; i++) {
        const panel drawn = {.title = kinds[i].title,
                             .x_title = self->x_title,
                             .y_title = kinds[i].is_accuracy ? "accuracy (%)" : "loss (nats)",
                             .x_is_whole = self->x_is_whole,
                             .y_may_be_logarithmic = !kinds[i].is_accuracy,
                             .y_most = kinds[i].is_accuracy ? most_percent : INFINITY,
                             .lines = self->lines[i],
                             .count = self->count};
        const unsigned row = i / COLUMNS;
        const panel_place at = {.left = margin + (i % COLUMNS) * (width + panel_gap),
                                .top = top + row * (panel_height + row_gap),
                                .width = width,
                                .height = panel_height};
        panel_draw(to, &drawn, look, at);
    }
}

static void draw_captions(cairo_t *to, const figure *self, const theme *look, double top)
{
    pen_colour(to, look->faint_text);
    for (unsigned i = 0; i < CAPTIONS; i++) {
        draw_small(to, top + (i + 1) * caption_line, self->captions[i]);
    }
}

void figure_draw(cairo_t *to, const figure *self, const theme *look)
{
    pen_begin(to);
    const legend_grid grid = legend_measure(to, self, inner_width());
    const double panels_top = height_below(&grid);
    pen_colour(to, look->background);
    cairo_paint(to);
    draw_head(to, self, look);
    legend_draw(to, self, &grid, look, margin, margin + head_height);
    draw_panels(to, self, look, panels_top);
    draw_captions(to, self, look,
                  panels_top + ROWS * panel_height + (ROWS - 1) * row_gap + caption_gap);
}
