#include "progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "number.h"

enum {
    LINE_BYTES = 512,
    PART_BYTES = 64,
    BAR_WIDEST = 30,
    BAR_NARROWEST = 10,
    DEFAULT_WIDTH = 80,
    INTERRUPT_COLUMNS = 2 /* "^C", which a terminal prints at the cursor: it must not wrap */
};

/* How an epoch's figures are written: as in Keras, or in a form that fits into 79 columns. */
typedef struct figure_words {
    const char *between;
    const char *is;
    const char *accuracy;
} figure_words;

static const figure_words full_words = {" - ", ": ", "accuracy"};
static const figure_words short_words = {" ", " ", "acc"};

static const double redraw_interval_seconds = 0.1;

progress_mode progress_mode_for(FILE *out, bool quiet)
{
    const char *terminal = getenv("TERM");
    if (quiet) {
        return PROGRESS_QUIET;
    }
    const bool redraws = isatty(fileno(out)) && terminal != NULL && strcmp(terminal, "dumb") != 0;
    return redraws ? PROGRESS_REDRAW : PROGRESS_LINES;
}

/* The window's columns, or COLUMNS if that is less or the only value. One column stays free, since
 * some terminals wrap as soon as the last one is written. */
static unsigned terminal_width(FILE *out)
{
    struct winsize window;
    uint64_t width = 0;
    uint64_t columns;
    const char *text = getenv("COLUMNS");
    if (ioctl(fileno(out), TIOCGWINSZ, &window) == 0) {
        width = window.ws_col;
    }
    if (text != NULL && number_parse(text, 1, 10000, &columns) && (width == 0 || columns < width)) {
        width = columns;
    }
    width = width == 0 ? DEFAULT_WIDTH : width;
    return width > 1 ? (unsigned)width - 1 : 1;
}

/* "7s", "1:05", "2:01:07". */
static void format_seconds(char *out, double seconds)
{
    if (!(seconds >= 0) || seconds > 1e8) {
        seconds = 0;
    }
    const unsigned long whole = (unsigned long)(seconds + 0.5);
    if (whole < 60) {
        snprintf(out, PART_BYTES, "%lus", whole);
    } else if (whole < 3600) {
        snprintf(out, PART_BYTES, "%lu:%02lu", whole / 60, whole % 60);
    } else {
        snprintf(out, PART_BYTES, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
    }
}

static void format_step_time(char *out, double seconds)
{
    if (seconds < 1e-3) {
        snprintf(out, PART_BYTES, "%.0fus/step", seconds * 1e6);
    } else if (seconds < 1) {
        snprintf(out, PART_BYTES, seconds < 0.01 ? "%.1fms/step" : "%.0fms/step", seconds * 1e3);
    } else {
        snprintf(out, PART_BYTES, "%.2fs/step", seconds);
    }
}

static double step_seconds(const progress_view *view)
{
    return view->step == 0 ? 0 : view->figures.training_seconds / view->step;
}

/* "[=======>......]", `width` columns with its brackets. */
static void format_bar(char *out, const progress_view *view, unsigned width)
{
    const unsigned inner = width - 2;
    const unsigned done =
        view->steps == 0 ? 0 : (unsigned)((uint64_t)inner * view->step / view->steps);
    memset(out + 1, '=', inner);
    if (done < inner) {
        memset(out + 1 + done, '.', inner - done);
        out[1 + done] = '>';
    }
    out[0] = '[';
    out[width - 1] = ']';
    out[width] = '\0';
}

/* " [===>...]" in the columns of `width` that `text` columns leave free; "" if these are too
 * few. */
static void format_bar_within(char out[PART_BYTES], const progress_view *view, size_t text,
                              unsigned width)
{
    out[0] = '\0';
    if (text + 1 + BAR_NARROWEST <= width) {
        const size_t room = width - text - 1;
        out[0] = ' ';
        format_bar(out + 1, view, room < BAR_WIDEST ? (unsigned)room : BAR_WIDEST);
    }
}

static unsigned digits(uint32_t value)
{
    unsigned count = 1;
    for (; value >= 10; value /= 10) {
        count++;
    }
    return count;
}

/* " 17/938", as wide at the first step as at the last. */
static void format_count(char *out, const progress_view *view)
{
    snprintf(out, PART_BYTES, "%*u/%u", (int)digits(view->steps), (unsigned)view->step,
             (unsigned)view->steps);
}

void progress_format_running(char *out, size_t out_bytes, const progress_view *view, unsigned width)
{
    char count[PART_BYTES];
    char left[PART_BYTES];
    char bar[PART_BYTES];
    char tail[4 * PART_BYTES];
    char loss[NUMBER_BYTES];
    char accuracy[NUMBER_BYTES];
    format_count(count, view);
    format_seconds(left, step_seconds(view) * (view->steps - view->step));
    number_format(loss, view->figures.loss);
    number_format(accuracy, view->figures.accuracy);
    const int tail_length =
        snprintf(tail, sizeof tail, " ETA %s - loss: %s - accuracy: %s", left, loss, accuracy);
    format_bar_within(bar, view, strlen(count) + (size_t)tail_length, width);
    const size_t limit = (size_t)width + 1 < out_bytes ? (size_t)width + 1 : out_bytes;
    snprintf(out, limit, "%s%s%s", count, bar, tail);
}

/* Appends `part` to the last line if it fits, otherwise on a new line. */
static void append(char *out, size_t out_bytes, const figure_words *words, const char *part,
                   unsigned width)
{
    const size_t used = strlen(out);
    const char *newline = strrchr(out, '\n');
    const size_t column = newline != NULL ? strlen(newline + 1) : used;
    const bool fits = width == 0 || column + strlen(words->between) + strlen(part) <= width;
    snprintf(out + used, out_bytes - used, "%s%s", fits ? words->between : "\n", part);
}

/* Appends a loss and its accuracy, together if a line has room for both. */
static void append_pair(char *out, size_t out_bytes, const figure_words *words, const char *prefix,
                        double loss, double accuracy, unsigned width)
{
    char pair[3 * PART_BYTES];
    char first[PART_BYTES];
    char second[PART_BYTES];
    char number[NUMBER_BYTES];
    number_format(number, loss);
    snprintf(first, sizeof first, "%sloss%s%s", prefix, words->is, number);
    number_format(number, accuracy);
    snprintf(second, sizeof second, "%s%s%s%s", prefix, words->accuracy, words->is, number);
    snprintf(pair, sizeof pair, "%s%s%s", first, words->between, second);
    if (width == 0 || strlen(pair) <= width) {
        append(out, out_bytes, words, pair, width);
    } else {
        append(out, out_bytes, words, first, width);
        append(out, out_bytes, words, second, width);
    }
}

static void append_figures(char *out, size_t out_bytes, const figure_words *words,
                           const epoch_figures *figures, unsigned width)
{
    append_pair(out, out_bytes, words, "", figures->loss, figures->accuracy, width);
    append_pair(out, out_bytes, words, "val_", figures->val_loss, figures->val_accuracy, width);
}

/* The columns that the figures take after other text of their line. */
static size_t figures_columns(const figure_words *words, const epoch_figures *figures)
{
    char text[LINE_BYTES] = "";
    append_figures(text, sizeof text, words, figures, 0);
    return strlen(text);
}

void progress_format_done(char *out, size_t out_bytes, const progress_view *view, unsigned width)
{
    char count[PART_BYTES];
    char seconds[PART_BYTES];
    char step_time[PART_BYTES];
    char bar[PART_BYTES];
    const epoch_figures *figures = &view->figures;
    const figure_words *words = &full_words;
    format_count(count, view);
    format_seconds(seconds, figures->training_seconds + figures->validation_seconds);
    format_step_time(step_time, step_seconds(view));
    const size_t head = strlen(count) + strlen(seconds) + strlen(step_time) + 2;
    const size_t all = head + figures_columns(&full_words, figures);
    if (width == 0) {
        snprintf(out, out_bytes, "Epoch %*u/%u - %s - %s %s", (int)digits(view->epochs),
                 (unsigned)view->epoch, (unsigned)view->epochs, count, seconds, step_time);
    } else if (all <= width) {
        format_bar_within(bar, view, all, width);
        snprintf(out, out_bytes, "%s%s %s %s", count, bar, seconds, step_time);
    } else {
        words = &short_words;
        const bool has_room = head + figures_columns(&short_words, figures) <= width;
        snprintf(out, out_bytes, "%s %s%s%s", count, seconds, has_room ? " " : "",
                 has_room ? step_time : "");
    }
    append_figures(out, out_bytes, words, figures, width);
}

void progress_init(progress *display, FILE *out, progress_mode mode)
{
    *display = (progress){.out = out, .mode = mode};
}

void progress_label(progress *display, const char *label)
{
    snprintf(display->label, sizeof display->label, "%s", label);
}

static void say_line(progress *display, FILE *out, const char *format, va_list arguments)
{
    progress_break(display);
    flockfile(out); /* other threads must not print into the line */
    fputs(display->label, out);
    vfprintf(out, format, arguments);
    fputc('\n', out);
    fflush(out);
    funlockfile(out);
}

void progress_say(progress *display, const char *format, ...)
{
    va_list arguments;
    if (display->mode != PROGRESS_QUIET) {
        va_start(arguments, format);
        say_line(display, display->out, format, arguments);
        va_end(arguments);
    }
}

void progress_note(progress *display, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_line(display, display->mode == PROGRESS_QUIET ? stderr : display->out, format, arguments);
    va_end(arguments);
}

void progress_epoch_begin(progress *display, uint32_t epoch, uint32_t epochs)
{
    if (display->mode == PROGRESS_REDRAW) {
        fprintf(display->out, "Epoch %u/%u\n", (unsigned)epoch, (unsigned)epochs);
        fflush(display->out);
        display->drawn_at = 0;
    }
}

void progress_update(progress *display, const progress_view *view, double now_seconds)
{
    char line[LINE_BYTES];
    if (display->mode != PROGRESS_REDRAW ||
        (display->line_open && now_seconds - display->drawn_at < redraw_interval_seconds &&
         view->step != view->steps)) {
        return;
    }
    const unsigned width = terminal_width(display->out);
    progress_format_running(line, sizeof line, view,
                            width > INTERRUPT_COLUMNS ? width - INTERRUPT_COLUMNS : width);
    fprintf(display->out, "\r%s\033[K", line);
    fflush(display->out);
    display->drawn_at = now_seconds;
    display->line_open = true;
}

void progress_epoch_end(progress *display, const progress_view *view)
{
    char text[LINE_BYTES];
    if (display->mode == PROGRESS_QUIET) {
        return;
    }
    const bool redraws = display->mode == PROGRESS_REDRAW;
    progress_format_done(text, sizeof text, view, redraws ? terminal_width(display->out) : 0);
    fprintf(display->out, "%s%s%s\n", redraws ? "\r\033[K" : "", display->label, text);
    fflush(display->out);
    display->line_open = false;
}

void progress_break(progress *display)
{
    if (display->line_open) {
        fputs("\r\033[K", display->out);
        fflush(display->out);
        display->line_open = false;
    }
}
