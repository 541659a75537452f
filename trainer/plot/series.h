/* The line of one batch size in a panel. */
#ifndef TRAINER_SERIES_H
#define TRAINER_SERIES_H

#include <stdbool.h>
#include <stddef.h>

/* Over the seeds. A value that is not finite is not drawn: the line has a gap there. */
typedef struct series_point {
    double x;
    double mean;
    double low;
    double high;
} series_point;

typedef struct series {
    series_point *points; /* [count]; the figure owns them */
    size_t count;
    bool has_band; /* from `low` to `high`: there are several seeds */
} series;

#endif
