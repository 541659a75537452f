#include "chart.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { AXIS_COLUMNS = 12, PLOT_COLUMNS_MIN = 4 };

/* A character's dots: two across and four down in Braille, else one. */
typedef struct dot_canvas {
    unsigned char *dots; /* [height,width] */
    int width;
    int height;
    int across;
    int down;
} dot_canvas;

typedef struct number_range {
    double low;
    double high;
} number_range;

/* The dot, from 0 to dots - 1, for a number in the range. Halves keep the difference finite. */
static int place(double number, number_range range, int dots)
{
    const double span = range.high / 2 - range.low / 2;
    const double share = span > 0 ? (number / 2 - range.low / 2) / span : 0.5;
    return (int)lround(share * (dots - 1));
}

static void set(dot_canvas *canvas, int x, int y)
{
    canvas->dots[(canvas->height - 1 - y) * canvas->width + x] = 1;
}

/* All dots from one point to the next, without a gap. */
static void draw_line(dot_canvas *canvas, int x0, int y0, int x1, int y1)
{
    const int longest = abs(x1 - x0) > abs(y1 - y0) ? abs(x1 - x0) : abs(y1 - y0);
    for (int i = 0; i <= longest; i++) {
        const double share = longest == 0 ? 0.0 : (double)i / longest;
        set(canvas, x0 + (int)lround(share * (x1 - x0)), y0 + (int)lround(share * (y1 - y0)));
    }
}

static void draw(dot_canvas *canvas, const chart_point *points, size_t count, number_range steps,
                 number_range values)
{
    int last_x = 0, last_y = 0;
    for (size_t i = 0; i < count; i++) {
        int x = place((double)points[i].step, steps, canvas->width);
        int y = place(points[i].value, values, canvas->height);
        draw_line(canvas, i == 0 ? x : last_x, i == 0 ? y : last_y, x, y);
        last_x = x;
        last_y = y;
    }
}

/* The character for the dots whose upper left is (x, y). */
static void print_cell(FILE *stream, const dot_canvas *canvas, int x, int y)
{
    static const unsigned char braille_bits[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    const unsigned char *dots = canvas->dots + y * canvas->width + x;
    if (canvas->across == 1) {
        putc(dots[0] ? '*' : ' ', stream);
        return;
    }
    unsigned bits = 0;
    for (int down = 0; down < canvas->down; down++) {
        for (int across = 0; across < canvas->across; across++) {
            bits |= dots[down * canvas->width + across] ? braille_bits[down][across] : 0u;
        }
    }
    if (bits == 0) {
        putc(' ', stream);
    } else { /* U+2800 and the bits, in UTF-8 */
        fprintf(stream, "\xe2%c%c", (int)(0xa0 | bits >> 6), (int)(0x80 | (bits & 0x3f)));
    }
}

static void print_row(FILE *stream, const dot_canvas *canvas, int row, int rows,
                      number_range values)
{
    if (row == 0 || row == rows - 1) {
        fprintf(stream, "%*.4g |", AXIS_COLUMNS - 2, row == 0 ? values.high : values.low);
    } else {
        fprintf(stream, "%*s |", AXIS_COLUMNS - 2, "");
    }
    for (int x = 0; x < canvas->width; x += canvas->across) {
        print_cell(stream, canvas, x, row * canvas->down);
    }
    putc('\n', stream);
}

/* The first step under the beginning and the last under the end; only the last if there is no room
 * for both. */
static void print_steps(FILE *stream, int plot_columns, int64_t first, int64_t last)
{
    char left[24];
    char right[24];
    int left_columns = snprintf(left, sizeof left, "%" PRId64, first);
    const int right_columns = snprintf(right, sizeof right, "%" PRId64, last);
    if (left_columns + 1 + right_columns > plot_columns) {
        left[left_columns = 0] = '\0';
    }
    fprintf(stream, "%*s %s%*s\n", AXIS_COLUMNS - 1, "", left, plot_columns - left_columns, right);
}

bool chart_print(FILE *stream, const chart_point *points, size_t count, int columns, int rows,
                 bool braille)
{
    int plot_columns = columns - AXIS_COLUMNS;
    if (plot_columns < PLOT_COLUMNS_MIN) {
        plot_columns = PLOT_COLUMNS_MIN;
    }
    dot_canvas canvas = {.across = braille ? 2 : 1, .down = braille ? 4 : 1};
    canvas.width = plot_columns * canvas.across;
    canvas.height = rows * canvas.down;
    canvas.dots = calloc((size_t)canvas.width * (size_t)canvas.height, 1);
    if (canvas.dots == NULL) {
        return false;
    }
    number_range values = {points[0].value, points[0].value};
    int64_t first = points[0].step, last = points[0].step;
    for (size_t i = 1; i < count; i++) {
        values.low = fmin(values.low, points[i].value);
        values.high = fmax(values.high, points[i].value);
        first = points[i].step < first ? points[i].step : first;
        last = points[i].step > last ? points[i].step : last;
    }
    draw(&canvas, points, count, (number_range){(double)first, (double)last}, values);
    for (int row = 0; row < rows; row++) {
        print_row(stream, &canvas, row, rows, values);
    }
    print_steps(stream, plot_columns, first, last);
    free(canvas.dots);
    return true;
}
