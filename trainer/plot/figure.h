/* The content of a figure: titles, labels, and the lines of four panels. figure_draw.h draws it. */
#ifndef TRAINER_FIGURE_H
#define TRAINER_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "curve.h"

enum { FIGURE_TEXT_BYTES = 256, FIGURE_LABEL_BYTES = 96 };

typedef enum figure_panel {
    FIGURE_LOSS,
    FIGURE_ACCURACY, /* in percent, likewise below */
    FIGURE_VAL_LOSS,
    FIGURE_VAL_ACCURACY,
    FIGURE_PANELS
} figure_panel;

typedef struct figure {
    char title[FIGURE_TEXT_BYTES];
    char subtitle[FIGURE_TEXT_BYTES];    /* cut off if it is too long to be drawn */
    char captions[2][FIGURE_TEXT_BYTES]; /* likewise */
    char x_title[FIGURE_TEXT_BYTES];
    bool x_is_whole; /* no tick between whole numbers */
    size_t count;
    char (*labels)[FIGURE_LABEL_BYTES]; /* [count], owned */
    curve *lines[FIGURE_PANELS];        /* [count] each, owned, as are their points */
} figure;

/* Frees what it owns and empties it. */
void figure_free(figure *self);

#endif
