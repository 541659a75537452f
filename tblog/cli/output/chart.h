/* A line chart in text: Braille dots if the locale is UTF-8, else asterisks. */
#ifndef TBLOG_CLI_CHART_H
#define TBLOG_CLI_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tblog/tblog.h"

typedef struct chart_point {
    int64_t step;
    double value; /* finite */
} chart_point;

/* Prints `rows` lines of plot, each at most `columns` wide including the axis, and one line with
 * the first and last step. `points` [count], at least one, in any order: lines join them in this
 * order. False without memory; then nothing is printed. */
TBLOG_MUST_CHECK bool chart_print(FILE *stream, const chart_point *points, size_t count,
                                  int columns, int rows, bool braille);

#endif
