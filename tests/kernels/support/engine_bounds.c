#include "engine_bounds.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

double largest_difference(const double *a, const double *b, size_t count)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(a[i]) || !isfinite(b[i])) {
            return INFINITY;
        }
        largest = fmax(largest, fabs(a[i] - b[i]));
    }
    return largest;
}

double largest_of(const double *values, size_t count)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        largest = isfinite(values[i]) ? fmax(largest, fabs(values[i])) : INFINITY;
    }
    return largest;
}

void expect_within(const engine_variant *v, const char *what, double error, double bound)
{
    if (getenv("SHOW_ERRORS") != NULL) {
        printf("%s: %s: error %.2g, allowed %.2g\n", v->name, what, error, bound);
    }
    ck_assert_msg(error <= bound, "%s: %s: error %.3g, allowed %.3g", v->name, what, error, bound);
}

double whole_error(const double *values, const double *expected, size_t count)
{
    double errors = 0;
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        errors += (values[i] - expected[i]) * (values[i] - expected[i]);
        squares += expected[i] * expected[i];
    }
    return sqrt(errors / squares);
}

void expect_whole(const engine_variant *v, const char *what, double error)
{
    char text[64];
    snprintf(text, sizeof text, "%s as a whole", what);
    expect_within(v, text, error, rounding_bound_of_whole(v->precision));
}

void expect_no_finer(const engine_variant *v, const char *what, double error)
{
    if (v->precision == ENGINE_FP32) {
        return;
    }
    const double finer =
        rounding_bound_of_whole(v->precision == ENGINE_BF16 ? ENGINE_TF32 : ENGINE_FP32);
    ck_assert_msg(error > finer, "%s: %s: error %.3g, of a finer precision", v->name, what, error);
}
