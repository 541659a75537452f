/* Makes a verdict's figure and writes it to a file. */
#ifndef TRAINER_VERDICT_PLOT_H
#define TRAINER_VERDICT_PLOT_H

#include "comparison.h"
#include "must_check.h"
#include "theme.h"
#include "verdict.h"
#include "verdict_figure.h"

typedef struct verdict_plot {
    const char *path;   /* plot_file_is_known accepts it; an existing file is replaced */
    const char *source; /* as in verdict_figure_make */
    verdict_axis axis;
    const theme *look;
} verdict_plot;

/* 0, or -1 with a message [MESSAGE_BYTES] and nothing written; also if there is nothing to draw. */
MUST_CHECK int verdict_plot_write(const verdict_plot *self, const comparison *all,
                                  const verdict *of, char *message);

#endif
