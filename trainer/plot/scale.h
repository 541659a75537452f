/* One axis of a panel: its range, its ticks and the positions of values. Draws nothing. */
#ifndef TRAINER_SCALE_H
#define TRAINER_SCALE_H

#include <stdbool.h>
#include <stddef.h>

enum { SCALE_MOST_TICKS = 12, SCALE_LABEL_BYTES = 32 };

/* What an axis has to show. */
typedef struct scale_data {
    double low; /* of the data; not finite, or above `high`, if there are no data */
    double high;
    double least; /* bounds of possible values: no tick is beyond them; infinite for no bound */
    double most;
    bool from_zero;           /* the axis begins at 0; no value is below */
    bool whole;               /* no tick between whole numbers */
    bool wide_is_logarithmic; /* if the data are above 0 and span more than two decades */
} scale_data;

typedef struct scale {
    double low; /* the ends of the axis, a little beyond the data; low < high */
    double high;
    bool logarithmic;
    double ticks[SCALE_MOST_TICKS]; /* [tick_count], ascending */
    size_t tick_count;
    double step; /* between two ticks of a linear scale */
} scale;

/* Never fails. Without data the axis goes from 0 to 1. If all data are equal, they are in the
 * middle. Values beyond 1e150 count as 1e150. */
scale scale_make(const scale_data *data);

/* 0 at the low end and below it, 1 at the high end and above it. */
double scale_position(const scale *self, double value);

/* "0.98", with enough decimals to distinguish the ticks; "2e+07" if numbers are very large or
 * small. */
void scale_format_tick(const scale *self, size_t tick, char out[SCALE_LABEL_BYTES]);

#endif
