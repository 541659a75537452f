/* The figure of a verdict: its rows are the lines, so that picture and table show the same runs. */
#ifndef TRAINER_VERDICT_FIGURE_H
#define TRAINER_VERDICT_FIGURE_H

#include "comparison.h"
#include "figure.h"
#include "must_check.h"
#include "verdict.h"

typedef enum verdict_axis {
    VERDICT_AXIS_EPOCHS,
    VERDICT_AXIS_STEPS,
    VERDICT_AXIS_SAMPLES,
    VERDICT_AXIS_SECONDS, /* of training, the mean over the seeds */
    VERDICT_AXES
} verdict_axis;

/* "epochs", "steps", "samples", "seconds". */
extern const char *const verdict_axis_names[VERDICT_AXES];

/* Makes the figure of all rows that have a finished run. `all` is the comparison that the verdict
 * was made from; `source` is any text that names the place of the runs. If there is no such row, or
 * none with known values on the axis, the figure's count is 0: there is nothing to draw. -1 without
 * memory, and nothing allocated. */
MUST_CHECK int verdict_figure_make(figure *out, const comparison *all, const verdict *of,
                                   const char *source, verdict_axis axis);

/* Which runs are not drawn, by reason: "other data (2), diverged (1)"; "" if all are. */
void verdict_figure_left_out(const comparison *all, const verdict *of, char out[FIGURE_TEXT_BYTES]);

#endif
