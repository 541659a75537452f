#include "series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for one more point, and for the last one (series_points). */
static bool reserve(tag_series *series)
{
    if (series->point_count + 1 < series->capacity) {
        return true;
    }
    const size_t capacity = series->capacity == 0 ? 16 : 2 * series->capacity;
    chart_point *points = realloc(series->points, capacity * sizeof *points);
    if (points == NULL) {
        return false;
    }
    series->points = points;
    series->capacity = capacity;
    return true;
}

static void thin_out(tag_series *series)
{
    for (size_t i = 0; i < SERIES_POINTS_MAX / 2; i++) {
        series->points[i] = series->points[2 * i];
    }
    series->point_count = SERIES_POINTS_MAX / 2;
    series->stride *= 2;
}

bool series_add(tag_map *map, const char *run, const char *tag, int64_t step, double value)
{
    const tag_key key = {.run = run, .tag = tag, .content = "summary", .plugin = ""};
    tag_series *series = tag_map_get(map, &key, sizeof *series);
    if (series == NULL) {
        return false;
    }
    if (!isfinite(value)) {
        series->non_finite++;
        return true;
    }
    if (series->stride == 0) {
        series->stride = 1;
    }
    series->last = (chart_point){.step = step, .value = value};
    if (series->count++ % series->stride != 0) {
        return true;
    }
    if (series->point_count == SERIES_POINTS_MAX) {
        thin_out(series);
    }
    if (!reserve(series)) {
        return false;
    }
    series->points[series->point_count++] = series->last;
    return true;
}

void series_forget_run(tag_map *map, const char *run)
{
    for (size_t i = map->count; i-- > 0;) {
        tag_series *series = (tag_series *)map->entries[i];
        if (strcmp(series->key.run, run) == 0) {
            free(series->points);
            tag_map_remove(map, i);
        }
    }
}

void series_free_all(tag_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        free(((tag_series *)map->entries[i])->points);
    }
    tag_map_free(map);
}

const chart_point *series_points(tag_series *series, size_t *count)
{
    *count = series->point_count;
    const bool last_is_kept = series->count == 0 || (series->count - 1) % series->stride == 0;
    if (!last_is_kept) {
        series->points[(*count)++] = series->last;
    }
    return series->points;
}
