/* One axis of a panel: the range that it shows, its ticks, and where on it a value lies. Numbers
 * in, numbers out. */
#ifndef TRAINER_SCALE_H
#define TRAINER_SCALE_H

#include <stdbool.h>
#include <stddef.h>

enum { SCALE_MOST_TICKS = 12, SCALE_LABEL_BYTES = 32 };

/* What an axis has to show. */
typedef struct scale_data {
    double low; /* of the data. Not finite, or above `high`: there is none */
    double high;
    double least; /* possible values: no tick lies beyond them; infinite for no bound */
    double most;
    bool from_zero;           /* the axis begins at 0, below which no value is */
    bool whole;               /* no tick between whole numbers */
    bool wide_is_logarithmic; /* if the data spans more than two decades, all above 0 */
} scale_data;

typedef struct scale {
    double low; /* the ends of the axis, a little beyond the data; low < high */
    double high;
    bool logarithmic;
    double ticks[SCALE_MOST_TICKS]; /* [tick_count], ascending */
    size_t tick_count;
    double step; /* between two ticks of a linear scale */
} scale;

/* Never fails: without data the axis goes from 0 to 1. Data that is all one value lies in the
 * middle. What is beyond 1e150 counts as 1e150. */
scale scale_make(const scale_data *data);

/* 0 at the low end and below it, 1 at the high end and above it. */
double scale_position(const scale *self, double value);

/* "0.98", with as many decimals as tell the ticks apart; "2e+07" where numbers are very large or
 * small. */
void scale_format_tick(const scale *self, size_t tick, char out[SCALE_LABEL_BYTES]);

#endif
