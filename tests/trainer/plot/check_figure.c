/* Figures: no text is missing, outside of the page, or on another text. cairo draws texts as
 * outlines, so its function is wrapped to record them. */
#include <cairo.h>
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "figure_draw.h"

enum { MOST_TEXTS = 400 };

typedef struct drawn_text {
    char text[FIGURE_TEXT_BYTES];
    double left; /* in the page's coordinates */
    double top;
    double right;
    double bottom;
} drawn_text;

static drawn_text texts[MOST_TEXTS];
static size_t text_count;

void __real_cairo_show_text(cairo_t *to, const char *text);
void __wrap_cairo_show_text(cairo_t *to, const char *text);

void __wrap_cairo_show_text(cairo_t *to, const char *text)
{
    cairo_text_extents_t extents;
    double x;
    double y;
    ck_assert_uint_lt(text_count, MOST_TEXTS);
    drawn_text *drawn = &texts[text_count++];
    snprintf(drawn->text, sizeof drawn->text, "%s", text);
    cairo_get_current_point(to, &x, &y);
    cairo_text_extents(to, text, &extents);
    x += extents.x_bearing;
    y += extents.y_bearing;
    double corners[2][2] = {{x, y}, {x + extents.width, y + extents.height}};
    cairo_user_to_device(to, &corners[0][0], &corners[0][1]);
    cairo_user_to_device(to, &corners[1][0], &corners[1][1]);
    drawn->left = fmin(corners[0][0], corners[1][0]);
    drawn->right = fmax(corners[0][0], corners[1][0]);
    drawn->top = fmin(corners[0][1], corners[1][1]);
    drawn->bottom = fmax(corners[0][1], corners[1][1]);
    __real_cairo_show_text(to, text);
}

static size_t drawn_times(const char *text)
{
    size_t times = 0;
    for (size_t i = 0; i < text_count; i++) {
        times += strcmp(texts[i].text, text) == 0;
    }
    return times;
}

static void assert_apart(const drawn_text *one, const drawn_text *other)
{
    ck_assert_msg(one->right < other->left || other->right < one->left ||
                      one->bottom < other->top || other->bottom < one->top,
                  "\"%s\" lies on \"%s\"", one->text, other->text);
}

static void assert_legible(double height)
{
    for (size_t i = 0; i < text_count; i++) {
        const drawn_text *drawn = &texts[i];
        ck_assert_msg(drawn->left >= 0 && drawn->top >= 0 && drawn->right <= FIGURE_WIDTH &&
                          drawn->bottom <= height,
                      "\"%s\" leaves the page", drawn->text);
        for (size_t j = 0; j < i; j++) {
            assert_apart(drawn, &texts[j]);
        }
    }
}

/* A curve that falls from `high` towards `low`. */
static curve falling(size_t points, double low, double high)
{
    curve line = {.points = calloc(points, sizeof *line.points), .count = points};
    ck_assert_ptr_nonnull(line.points);
    line.has_band = true;
    for (size_t i = 0; i < points; i++) {
        const double mean = low + (high - low) / (double)(i + 1);
        line.points[i] = (curve_point){(double)(i + 1), mean, mean * 0.99, mean * 1.01};
    }
    return line;
}

static figure make_figure(size_t lines, size_t points, double low, double high)
{
    figure made = {.title = "A title",
                   .subtitle = "a subtitle",
                   .captions = {"first caption", "second caption"},
                   .x_title = "epochs",
                   .x_is_whole = true,
                   .count = lines};
    made.labels = calloc(lines, sizeof *made.labels);
    ck_assert_ptr_nonnull(made.labels);
    for (unsigned panel = 0; panel < FIGURE_PANELS; panel++) {
        made.lines[panel] = calloc(lines, sizeof *made.lines[panel]);
        ck_assert_ptr_nonnull(made.lines[panel]);
        for (size_t i = 0; i < lines; i++) {
            snprintf(made.labels[i], sizeof made.labels[i], "batch size %zu (5 seeds)", i + 1);
            made.lines[panel][i] = falling(points, low, high);
        }
    }
    return made;
}

/* Draws the figure; returns its height. */
static double draw(const figure *drawn)
{
    const double height = figure_height(drawn);
    cairo_surface_t *page =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, FIGURE_WIDTH, (int)height);
    cairo_t *to = cairo_create(page);
    text_count = 0;
    figure_draw(to, drawn, &theme_light);
    ck_assert_int_eq(cairo_status(to), CAIRO_STATUS_SUCCESS);
    cairo_destroy(to);
    cairo_surface_destroy(page);
    return height;
}

static const struct {
    size_t lines;
    size_t points;
    double low;
    double high;
} shapes[] = {{1, 1, 0.5, 0.5},     {3, 15, 0.03, 0.3},      {8, 15, 96.5, 99.2},
              {12, 15, 1e-6, 2e-6}, {64, 100, 1e-7, 1},      {3, 1000, 1e30, 2e31},
              {2, 3, 0, 0},         {3, 15, 0.9991, 0.9998}, {2, 10000, 9.8, 99.5}};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

START_TEST(no_text_lies_on_another)
{
    figure drawn =
        make_figure(shapes[_i].lines, shapes[_i].points, shapes[_i].low, shapes[_i].high);
    assert_legible(draw(&drawn));
    for (size_t i = 0; i < drawn.count; i++) {
        ck_assert_uint_eq(drawn_times(drawn.labels[i]), 1);
    }
    ck_assert_uint_eq(drawn_times("A title"), 1);
    ck_assert_uint_eq(drawn_times("a subtitle"), 1);
    ck_assert_uint_eq(drawn_times("first caption"), 1);
    ck_assert_uint_eq(drawn_times("second caption"), 1);
    ck_assert_uint_eq(drawn_times("Training loss"), 1);
    ck_assert_uint_eq(drawn_times("Training accuracy"), 1);
    ck_assert_uint_eq(drawn_times("Validation loss"), 1);
    ck_assert_uint_eq(drawn_times("Validation accuracy"), 1);
    ck_assert_uint_eq(drawn_times("epochs"), FIGURE_PANELS);
    ck_assert_uint_eq(drawn_times("accuracy (%)"), 2);
    figure_free(&drawn);
}
END_TEST

START_TEST(a_logarithmic_axis_says_so)
{
    figure drawn = make_figure(2, 5, 0.05, 0.5);
    draw(&drawn);
    ck_assert_uint_eq(drawn_times("loss (nats)"), 2);
    drawn.lines[FIGURE_LOSS][1].points[4].low = 1e-4;
    draw(&drawn);
    ck_assert_uint_eq(drawn_times("loss (nats)"), 1);
    ck_assert_uint_eq(drawn_times("loss (nats), logarithmic"), 1);
    figure_free(&drawn);
}
END_TEST

START_TEST(what_is_no_number_is_a_gap)
{
    figure drawn = make_figure(2, 5, 0.05, 0.5);
    for (size_t i = 0; i < 5; i += 2) {
        drawn.lines[FIGURE_VAL_LOSS][0].points[i] = (curve_point){(double)i, NAN, NAN, NAN};
        drawn.lines[FIGURE_VAL_LOSS][1].points[i].mean = INFINITY;
    }
    assert_legible(draw(&drawn));
    figure_free(&drawn);
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
    figure drawn = make_figure(1, 2, 0.1, 0.2);
    for (size_t i = 0; i + 2 < sizeof drawn.subtitle; i += 2) {
        memcpy(drawn.subtitle + i, "\u0428", 3); /* a wide letter */
    }
    memcpy(drawn.captions[0], drawn.subtitle, sizeof drawn.captions[0]);
    assert_legible(draw(&drawn));
    const size_t length = strlen(texts[1].text);
    ck_assert_uint_lt(length, strlen(drawn.subtitle));
    ck_assert_uint_eq(length % 2, 1); /* whole letters of two bytes, and an ellipsis of three */
    ck_assert_str_eq(texts[1].text + length - 3, "\u2026");
    figure_free(&drawn);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("figure");
    TCase *cases = tcase_create("figure");
    tcase_add_loop_test(cases, no_text_lies_on_another, 0, SHAPES);
    tcase_add_test(cases, a_logarithmic_axis_says_so);
    tcase_add_test(cases, what_is_no_number_is_a_gap);
    tcase_add_test(cases, long_text_is_cut_between_characters);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
