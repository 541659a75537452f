/* The line of one batch size in a panel. */
#ifndef TRAINER_CURVE_H
#define TRAINER_CURVE_H

#include <stdbool.h>
#include <stddef.h>

/* A mean over the seeds, and its band. A value that is not finite is not drawn: the line has a gap
 * there. */
typedef struct curve_point {
    double x;
    double mean;
    double low;
    double high;
} curve_point;

typedef struct curve {
    curve_point *points; /* [count]; the figure owns them */
    size_t count;
    bool has_band; /* from `low` to `high`: there are several seeds */
} curve;

#endif
