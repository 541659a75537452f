/* A run's progress in the form of Keras: epoch, steps, bar, time left, running means. On a terminal
 * one line is redrawn; elsewhere each epoch prints one line at its end.
 *
 * The caller passes the time, in seconds since any fixed moment, so that tests need no clock. */
#ifndef TRAINER_PROGRESS_H
#define TRAINER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "epoch_figures.h"

typedef enum progress_mode {
    PROGRESS_QUIET,
    PROGRESS_LINES, /* one line per epoch */
    PROGRESS_REDRAW /* a terminal */
} progress_mode;

/* QUIET if asked for, REDRAW if `out` is a terminal that can move its cursor, else LINES. */
progress_mode progress_mode_for(FILE *out, bool quiet);

/* What is shown of an epoch. */
typedef struct progress_view {
    uint32_t epoch; /* from 1 */
    uint32_t epochs;
    uint32_t step; /* done in this epoch */
    uint32_t steps;
    epoch_figures figures; /* of its steps so far; of its validation at its end only */
} progress_view;

/* The line while an epoch is trained, in ASCII: at most `width` columns; parts that do not fit are
 * left out. Cut off at out_bytes. Public for tests only, as is the next function. */
void progress_format_running(char *out, size_t out_bytes, const progress_view *view,
                             unsigned width);

/* What stays of an epoch at its end, without the last newline: one line in Keras' words if it fits
 * into `width` columns, else one in shorter words, which fits into 79 columns. In fewer columns it
 * is several lines, broken between figures. With width 0 it is one line that begins with "Epoch
 * n/N". */
void progress_format_done(char *out, size_t out_bytes, const progress_view *view, unsigned width);

enum { PROGRESS_LABEL_BYTES = 96 };

typedef struct progress {
    FILE *out; /* the caller's */
    progress_mode mode;
    char label[PROGRESS_LABEL_BYTES]; /* in front of each line, for runs side by side */
    double drawn_at;                  /* seconds of the last drawing, for at most ten a second */
    bool line_open;                   /* the cursor stands in a line that is being redrawn */
} progress;

void progress_init(progress *display, FILE *out, progress_mode mode);

/* From now on every line begins with `label` and is written whole, so that displays of several
 * threads can share one stream. For PROGRESS_LINES. */
void progress_label(progress *display, const char *label);

/* A line of the run's head (printf-like), without its newline. */
__attribute__((format(printf, 2, 3))) void progress_say(progress *display, const char *format, ...);

/* Prints a line that the user did not ask for: on stderr if no progress is shown. */
__attribute__((format(printf, 2, 3))) void progress_note(progress *display, const char *format,
                                                         ...);

/* An epoch (from 1) begins, some of its steps are done, it is done and validated. */
void progress_epoch_begin(progress *display, uint32_t epoch, uint32_t epochs);
void progress_update(progress *display, const progress_view *view, double now_seconds);
void progress_epoch_end(progress *display, const progress_view *view);

/* Erases a line that is being redrawn, so that something else can be printed. */
void progress_break(progress *display);

#endif
