/* One pair of axes with a line, markers and a band for each curve. */
#ifndef TRAINER_PANEL_H
#define TRAINER_PANEL_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>

#include "curve.h"
#include "theme.h"

typedef struct panel {
    const char *title;
    const char *x_title;
    const char *y_title;
    bool x_is_whole; /* no tick between whole numbers */
    bool
        y_may_be_logarithmic; /* if its values span more than two decades; its title then says so */
    double y_most;            /* the largest possible value; infinite for no bound */
    const curve *lines;       /* [count] */
    size_t count;
} panel;

typedef struct panel_place {
    double left; /* of all that is drawn, titles and labels included */
    double top;
    double width;
    double height;
} panel_place;

void panel_draw(cairo_t *to, const panel *self, const theme *look, panel_place at);

#endif
