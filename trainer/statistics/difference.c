#include "difference.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "student_t.h"

static const double interval_tails = 0.05;

typedef struct sample {
    size_t count;
    double mean;
    double variance; /* NaN of a single value */
} sample;

/* The sample of values[count], minus others[count] if that is not NULL. */
static sample sample_of(const double *values, const double *others, size_t count)
{
    sample out = {.count = count, .variance = NAN};
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        out.mean += (values[i] - (others != NULL ? others[i] : 0)) / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        const double distance = values[i] - (others != NULL ? others[i] : 0) - out.mean;
        squares += distance * distance;
    }
    if (count > 1) {
        out.variance = squares / (double)(count - 1);
    }
    return out;
}

/* `variance` is that of the mean. */
static difference test(double mean, double spread, double variance, double freedom)
{
    difference out = {.mean = mean, .spread = spread, .low = NAN, .high = NAN, .p = NAN};
    if (isnan(variance)) {
        return out;
    }
    if (variance == 0) { /* only without a grain */
        out.low = out.high = mean;
        out.p = mean == 0 ? 1 : 0;
        return out;
    }
    const double error = sqrt(variance);
    const double reach = error * student_t_bound(interval_tails, freedom);
    out.low = mean - reach;
    out.high = mean + reach;
    out.p = student_t_tails(mean / error, freedom);
    return out;
}

difference difference_paired(const double *left, const double *right, size_t count, double grain)
{
    const sample differences = sample_of(left, right, count);
    const double variance =
        isnan(differences.variance) ? NAN : fmax(differences.variance, grain * grain / 6);
    return test(count > 0 ? differences.mean : NAN, sqrt(variance), variance / (double)count,
                (double)count - 1);
}

difference difference_unpaired(const double *left, size_t left_count, const double *right,
                               size_t right_count, double grain)
{
    const sample one = sample_of(left, NULL, left_count);
    const sample other = sample_of(right, NULL, right_count);
    if (isnan(one.variance) || isnan(other.variance)) {
        const bool has_mean = left_count > 0 && right_count > 0;
        return test(has_mean ? one.mean - other.mean : NAN, NAN, NAN, 0);
    }
    const double least = grain * grain / 12;
    const double of_one = fmax(one.variance, least) / (double)left_count;
    const double of_other = fmax(other.variance, least) / (double)right_count;
    const double variance = of_one + of_other;
    const double freedom = variance * variance /
                           (of_one * of_one / (double)(left_count - 1) +
                            of_other * of_other / (double)(right_count - 1));
    return test(one.mean - other.mean,
                sqrt(fmax(one.variance, least) + fmax(other.variance, least)), variance, freedom);
}

/* One of several tests. */
typedef struct ranked_test {
    double p;
    size_t place;
} ranked_test;

/* The smallest p first, NaN last. */
static int compare_tests(const void *left, const void *right)
{
    const double a = ((const ranked_test *)left)->p;
    const double b = ((const ranked_test *)right)->p;
    return isnan(a) || isnan(b) ? isnan(a) - isnan(b) : (a > b) - (a < b);
}

int difference_holm(const double *p, size_t count, double *adjusted)
{
    ranked_test *tests = malloc((count + 1) * sizeof *tests);
    double largest = 0;
    if (tests == NULL) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        tests[i] = (ranked_test){p[i], i};
    }
    qsort(tests, count, sizeof *tests, compare_tests);
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fmin(1, tests[i].p * (double)(count - i)));
        adjusted[tests[i].place] = isnan(tests[i].p) ? NAN : largest;
    }
    free(tests);
    return 0;
}

unsigned difference_seeds_needed(double mean, double spread, double level)
{
    const double wanted = 0.8;
    unsigned seeds = 2;
    while (seeds <= DIFFERENCE_MOST_SEEDS &&
           student_t_power(fabs(mean) / spread * sqrt(seeds), seeds - 1,
                           student_t_bound(level, seeds - 1)) < wanted) {
        seeds++;
    }
    return seeds;
}
