#include "tail_charts.h"

#include <inttypes.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "chart.h"
#include "series.h"
#include "standard_output.h"
#include "tblog/tblog.h"
#include "terminal_text.h"

enum { CHART_ROWS = 8, COLUMNS_DEFAULT = 80 };

/* The size of the terminal at standard output; 0 if it is not one. */
static struct winsize terminal_size(void)
{
    const struct winsize size = {0};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size : (struct winsize){0};
}

/* A line of text above the chart, and one of steps below it. */
enum { CHART_FRAME_ROWS = 2, CHART_ROWS_MIN = 2 };

/* How charts are drawn. */
typedef struct chart_layout {
    int columns;      /* of the terminal, or 0 */
    int rows;         /* of a chart's plot */
    size_t max_count; /* of charts */
    bool braille;
} chart_layout;

/* On a redrawn terminal, the charts share the height, or as many as fit are drawn. */
static chart_layout choose_layout(size_t charts, bool redrawn)
{
    const struct winsize size = terminal_size();
    chart_layout layout = {.columns = size.ws_col,
                           .rows = CHART_ROWS,
                           .max_count = charts,
                           .braille = strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
    if (!redrawn || size.ws_row == 0 || charts == 0) {
        return layout;
    }
    size_t rows = size.ws_row - 1u; /* the cursor's */
    const size_t share = rows / charts;
    if (share >= CHART_FRAME_ROWS + CHART_ROWS_MIN) {
        layout.rows =
            share < CHART_FRAME_ROWS + CHART_ROWS ? (int)share - CHART_FRAME_ROWS : CHART_ROWS;
        return layout;
    }
    layout.rows = CHART_ROWS_MIN;
    layout.max_count = (rows - 1) / (CHART_FRAME_ROWS + CHART_ROWS_MIN);
    return layout;
}

/* The last point, without its step if there is little room: the chart shows it. */
static void describe_last(char *text, size_t bytes, const tag_series *series, bool with_step)
{
    size_t used = 0;
    if (series->count > 0) {
        used = (size_t)snprintf(text, bytes, "  %.6g", series->last.value);
    }
    if (series->count > 0 && with_step) {
        used += (size_t)snprintf(text + used, bytes - used, " at step %" PRId64, series->last.step);
    }
    if (series->non_finite > 0) {
        snprintf(text + used, bytes - used, "  (%" PRIu64 " not finite)", series->non_finite);
    }
}

/* The run and the tag, of which narrow terminals show the end, and the last point. */
static void print_title(const tag_series *series, int columns)
{
    char point[128] = "";
    const int name_columns =
        terminal_text_columns(series->key.run) + 2 + terminal_text_columns(series->key.tag);
    describe_last(point, sizeof point, series, true);
    const bool fits = columns == 0 || name_columns + (int)strlen(point) < columns;
    if (!fits) {
        describe_last(point, sizeof point, series, false);
    }
    const int room = columns - 1 - (int)strlen(point);
    int excess = 0;
    if (!fits && name_columns > room) {
        fputs("...", stdout);
        excess = name_columns - (room > 3 ? room - 3 : 0);
    }
    excess = terminal_text_print_behind(series->key.run, excess);
    excess = terminal_text_print_behind("  ", excess);
    (void)terminal_text_print_behind(series->key.tag, excess);
    printf("%s\n", point);
}

static void print_series(tag_series *series, const chart_layout *layout)
{
    print_title(series, layout->columns);
    size_t count;
    const chart_point *points = series_points(series, &count);
    const int columns = layout->columns > 0 ? layout->columns : COLUMNS_DEFAULT;
    if (count > 0 &&
        !chart_print(stdout, points, count, columns - 1, layout->rows, layout->braille)) {
        puts(tblog_status_string(TBLOG_NO_MEMORY));
    }
}

bool tail_charts_print(tag_map *series, bool redrawn)
{
    tag_map_sort(series);
    const chart_layout layout = choose_layout(series->count, redrawn);
    if (layout.columns > 0 && redrawn) {
        fputs("\033[H\033[2J", stdout);
    }
    for (size_t i = 0; i < series->count && i < layout.max_count; i++) {
        print_series((tag_series *)series->entries[i], &layout);
    }
    if (series->count > layout.max_count) {
        printf("... %zu more; --tag\n", series->count - layout.max_count);
    }
    return finish_standard_output("tail");
}
