/* Histograms: [k,3] doubles, each row a bucket's left and right edge and its count. The buckets of
 * raw values are those of the stock package's histogram_pb, so that curves of both overlay. */
#include <math.h>
#include <string.h>

#include "record_format.h"
#include "refusal.h"
#include "tensor_event.h"

enum { BUCKET_COUNT = 30 };

_Static_assert(sizeof(tblog_bucket) == 3 * sizeof(double), "a bucket is a row of the tensor");

/* Either floats or doubles. */
typedef struct value_list {
    const float *floats;
    const double *doubles;
    size_t count;
} value_list;

static double value_at(const value_list *values, size_t i)
{
    return values->floats != NULL ? (double)values->floats[i] : values->doubles[i];
}

typedef struct value_range {
    double min;
    double max;
    size_t count; /* of finite values */
} value_range;

static value_range find_range(const value_list *values)
{
    value_range range = {.min = INFINITY, .max = -INFINITY, .count = 0};
    for (size_t i = 0; i < values->count; i++) {
        double value = value_at(values, i);
        if (!isfinite(value)) {
            continue;
        }
        range.min = value < range.min ? value : range.min;
        range.max = value > range.max ? value : range.max;
        range.count++;
    }
    return range;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

/* Buckets of equal width. `first` and `width` are in units of the values times `scale`.
 *
 * Each operation below has a variable for its result, which rounds it to double. i386 computes with
 * more digits, and would give other edges than the stock package. */
typedef struct bucket_grid {
    double scale;
    double first;
    double width;
} bucket_grid;

static bucket_grid lay_grid(value_range range)
{
    const double span = range.max - range.min;
    /* If the span overflows, half of it does not, and halving changes nothing else. */
    const double scale = isfinite(span) ? 1.0 : 0.5;
    const double first = range.min * scale;
    const double scaled_span = range.max * scale - first;
    return (bucket_grid){.scale = scale, .first = first, .width = scaled_span / BUCKET_COUNT};
}

static double left_edge(const bucket_grid *grid, size_t bucket)
{
    const double offset = (double)bucket * grid->width;
    const double edge = offset + grid->first;
    return edge / grid->scale;
}

static size_t bucket_of(const bucket_grid *grid, double value)
{
    const double offset = value * grid->scale - grid->first;
    const double bucket = offset / grid->width;
    return (size_t)smaller(bucket, BUCKET_COUNT - 1);
}

/* The largest value belongs to the last bucket. */
static void fill_buckets(tblog_bucket *buckets, const value_list *values, value_range range)
{
    const bucket_grid grid = lay_grid(range);
    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        /* A width of a few denormals is rounded by so much that edges would pass the maximum. */
        buckets[i].left = smaller(left_edge(&grid, i), range.max);
        buckets[i].right = smaller(left_edge(&grid, i + 1), range.max);
    }
    buckets[BUCKET_COUNT - 1].right = range.max;
    for (size_t i = 0; i < values->count; i++) {
        const double value = value_at(values, i);
        if (!isfinite(value)) {
            continue;
        }
        /* The width of a range of very few denormals is 0. */
        const bool is_inside = value < range.max && grid.width > 0.0;
        buckets[is_inside ? bucket_of(&grid, value) : BUCKET_COUNT - 1].count += 1.0;
    }
}

static tblog_status add_buckets(tblog_writer *writer, const char *tag, int64_t step,
                                const tblog_bucket *buckets, size_t count)
{
    event_tensor tensor = {.tag = tag,
                           .plugin = TAG_PLUGIN_HISTOGRAMS,
                           .type = EVENT_DOUBLE,
                           .dims = {(int64_t)count, 3},
                           .rank = 2,
                           .content = {.data = buckets, .count = count * sizeof *buckets}};
    return tensor_event_add(writer, step, &tensor, 1);
}

static tblog_status add_values(tblog_writer *writer, const char *tag, int64_t step,
                               const value_list *values, size_t *non_finite)
{
    const value_range range = find_range(values);
    tblog_bucket buckets[BUCKET_COUNT] = {{0}};
    if (range.count > 0 && range.min < range.max) {
        fill_buckets(buckets, values, range);
    } else if (range.count > 0) {
        for (size_t i = 0; i < BUCKET_COUNT; i++) {
            buckets[i].left = buckets[i].right = range.min;
        }
        buckets[BUCKET_COUNT - 1].count = (double)range.count;
    }
    const tblog_status status = add_buckets(writer, tag, step, buckets, BUCKET_COUNT);
    if (status == TBLOG_OK && non_finite != NULL) {
        *non_finite = values->count - range.count;
    }
    return status;
}

tblog_status tblog_add_histogram(tblog_writer *writer, const char *tag, int64_t step,
                                 const float *values, size_t count, size_t *non_finite)
{
    refusal_begin(writer);
    if (!admit(values != NULL || count == 0, "the values are NULL")) {
        return TBLOG_INVALID;
    }
    const value_list list = {.floats = values, .count = count};
    return add_values(writer, tag, step, &list, non_finite);
}

tblog_status tblog_add_histogram_double(tblog_writer *writer, const char *tag, int64_t step,
                                        const double *values, size_t count, size_t *non_finite)
{
    refusal_begin(writer);
    if (!admit(values != NULL || count == 0, "the values are NULL")) {
        return TBLOG_INVALID;
    }
    const value_list list = {.doubles = values, .count = count};
    return add_values(writer, tag, step, &list, non_finite);
}

static bool are_sound_buckets(const tblog_bucket *buckets, size_t count)
{
    if (!admit(buckets != NULL && count > 0, "a histogram needs buckets") ||
        !admit(count <= RECORD_PAYLOAD_MAX / sizeof *buckets,
               "%zu buckets do not fit into a record", count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const tblog_bucket *bucket = &buckets[i];
        if (!isfinite(bucket->left) || !isfinite(bucket->right) || !isfinite(bucket->count)) {
            return refuse("bucket %zu: an edge or the count is not finite", i);
        }
        if (bucket->left > bucket->right || bucket->count < 0.0) {
            return refuse("bucket %zu: right edge below left edge, or negative count", i);
        }
        if (i > 0 && (bucket->left < bucket[-1].left || bucket->right < bucket[-1].right)) {
            return refuse("bucket %zu: an edge is below the previous bucket's", i);
        }
    }
    return true;
}

tblog_status tblog_add_histogram_buckets(tblog_writer *writer, const char *tag, int64_t step,
                                         const tblog_bucket *buckets, size_t count)
{
    refusal_begin(writer);
    if (!are_sound_buckets(buckets, count)) {
        return TBLOG_INVALID;
    }
    return add_buckets(writer, tag, step, buckets, count);
}
