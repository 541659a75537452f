#include "series.h"

#include <math.h>

static void thin_out(tag_series *series)
{
    for (size_t i = 0; i < SERIES_POINTS_MAX / 2; i++)
        series->points[i] = series->points[2 * i];
    series->point_count = SERIES_POINTS_MAX / 2;
    series->stride *= 2;
}

bool series_add(tag_map *map, const char *run, const char *tag, int64_t step, double value)
{
    tag_series *series = tag_map_get(map, run, tag, sizeof *series);
    if (series == NULL)
        return false;
    if (!isfinite(value)) {
        series->non_finite++;
        return true;
    }
    if (series->stride == 0)
        series->stride = 1;
    series->last = (chart_point){.step = step, .value = value};
    if (series->count++ % series->stride != 0)
        return true;
    if (series->point_count == SERIES_POINTS_MAX)
        thin_out(series);
    series->points[series->point_count++] = series->last;
    return true;
}

const chart_point *series_points(tag_series *series, size_t *count)
{
    *count = series->point_count;
    bool last_is_kept = series->count == 0 || (series->count - 1) % series->stride == 0;
    if (!last_is_kept)
        series->points[(*count)++] = series->last;
    return series->points;
}
