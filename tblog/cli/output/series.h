/* The points of each tag of each run, few enough to draw: if there are more, only every second,
 * every fourth and so on is kept, and always the last. */
#ifndef TBLOG_CLI_SERIES_H
#define TBLOG_CLI_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chart.h"
#include "tag_map.h"
#include "tblog/tblog.h"

/* Twice the dots that the widest terminals have across. */
enum { SERIES_POINTS_MAX = 1024 };

typedef struct tag_series {
    tag_key key;
    chart_point *points; /* [point_count], and room for the last */
    size_t point_count;
    size_t capacity;
    uint64_t stride;     /* one point of so many is kept */
    uint64_t count;      /* of all finite points */
    uint64_t non_finite; /* left out */
    chart_point last;
} tag_series;

/* Adds a point to the series of its tag in the map. False without memory. */
TBLOG_MUST_CHECK bool series_add(tag_map *map, const char *run, const char *tag, int64_t step,
                                 double value);

/* Forgets the series of a run. */
void series_forget_run(tag_map *map, const char *run);

/* Frees the map and all of its series. */
void series_free_all(tag_map *map);

/* The points to draw; their number goes to *count. */
const chart_point *series_points(tag_series *series, size_t *count);

#endif
