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

/* Equal widths from the smallest to the largest value, which belongs to the last bucket. */
static void fill_buckets(tblog_bucket *buckets, const value_list *values, value_range range)
{
    /* Where the range is beyond a double's, halves of all numbers are not, and nothing else
     * changes. */
    const double scale = isfinite(range.max - range.min) ? 1.0 : 0.5;
    const double first = range.min * scale;
    const double width = (range.max * scale - first) / BUCKET_COUNT;
    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        /* A width of a few denormals is rounded by so much that edges would pass the maximum. */
        buckets[i].left = smaller(((double)i * width + first) / scale, range.max);
        buckets[i].right = smaller(((double)(i + 1) * width + first) / scale, range.max);
    }
    buckets[BUCKET_COUNT - 1].right = range.max;
    for (size_t i = 0; i < values->count; i++) {
        const double value = value_at(values, i);
        if (!isfinite(value)) {
            continue;
        }
        /* The width of a range of very few denormals is 0. */
        size_t index = BUCKET_COUNT - 1;
        if (value < range.max && width > 0.0) {
            index = (size_t)smaller((value * scale - first) / width, BUCKET_COUNT - 1);
        }
        buckets[index].count += 1.0;
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
    if (!admit(buckets != NULL && count > 0, "a histogram of no buckets") ||
        !admit(count <= RECORD_PAYLOAD_MAX / sizeof *buckets,
               "%zu buckets do not fit into a record", count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const tblog_bucket *bucket = &buckets[i];
        if (!isfinite(bucket->left) || !isfinite(bucket->right) || !isfinite(bucket->count)) {
            return refuse("bucket %zu has a number that is not finite", i);
        }
        if (bucket->left > bucket->right || bucket->count < 0.0) {
            return refuse("bucket %zu ends before it begins, or holds less than nothing", i);
        }
        if (i > 0 && (bucket->left < bucket[-1].left || bucket->right < bucket[-1].right)) {
            return refuse("bucket %zu is not behind the one before it", i);
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
