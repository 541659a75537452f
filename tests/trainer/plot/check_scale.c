/* Axes: for any numbers the ticks are few, round, in order and in range. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "scale.h"

static scale_data between(double low, double high)
{
    return (scale_data){.low = low, .high = high, .least = -INFINITY, .most = INFINITY};
}

/* All labels of a scale's ticks, each followed by a blank. */
static const char *labels(const scale *of)
{
    static char all[SCALE_MOST_TICKS * SCALE_LABEL_BYTES];
    size_t length = 0;
    for (size_t i = 0; i < of->tick_count; i++) {
        char label[SCALE_LABEL_BYTES];
        scale_format_tick(of, i, label);
        length += (size_t)snprintf(all + length, sizeof all - length, "%s ", label);
    }
    return all;
}

/* Asserts the properties of every scale. */
static void assert_sound(const scale *of)
{
    char before[SCALE_LABEL_BYTES] = "";
    ck_assert(isfinite(of->low) && isfinite(of->high) && of->low < of->high);
    ck_assert_uint_ge(of->tick_count, 1);
    ck_assert_uint_le(of->tick_count, SCALE_MOST_TICKS);
    for (size_t i = 0; i < of->tick_count; i++) {
        char label[SCALE_LABEL_BYTES];
        scale_format_tick(of, i, label);
        ck_assert(of->ticks[i] >= of->low && of->ticks[i] <= of->high);
        ck_assert(i == 0 || of->ticks[i] > of->ticks[i - 1]);
        ck_assert_str_ne(label, before);
        ck_assert_str_ne(label, "-0");
        memcpy(before, label, sizeof before);
    }
    ck_assert(fabs(scale_position(of, of->low)) < 1e-9);
    ck_assert(fabs(scale_position(of, of->high) - 1) < 1e-9);
}

static const struct {
    double low;
    double high;
    const char *labels;
} ranges[] = {
    {0, 1, "0.0 0.2 0.4 0.6 0.8 1.0 "},
    {96.7, 99.2, "97.0 97.5 98.0 98.5 99.0 "},
    {0.03, 0.29, "0.05 0.10 0.15 0.20 0.25 0.30 "},
    {-3, 4, "-3 -2 -1 0 1 2 3 4 "},
    {-0.4, 0.1, "-0.4 -0.3 -0.2 -0.1 0.0 0.1 "},
    {0.99991, 0.99998, "0.99991 0.99992 0.99993 0.99994 0.99995 0.99996 0.99997 0.99998 "},
    {2e6, 9e6, "2e+06 3e+06 4e+06 5e+06 6e+06 7e+06 8e+06 9e+06 "},
    {1e-9, 4e-9, "1e-09 1.5e-09 2e-09 2.5e-09 3e-09 3.5e-09 4e-09 "},
};
enum { RANGES = sizeof ranges / sizeof ranges[0] };

START_TEST(ticks_are_steps_of_1_2_or_5)
{
    const scale_data data = between(ranges[_i].low, ranges[_i].high);
    const scale made = scale_make(&data);
    assert_sound(&made);
    ck_assert_str_eq(labels(&made), ranges[_i].labels);
}
END_TEST

static const double hostile[] = {0,       -0.0,     1,         -1,    1 + 1e-16, 1e-320,
                                 DBL_MIN, DBL_MAX,  -DBL_MAX,  1e300, -1e300,    1e-300,
                                 -1e-300, INFINITY, -INFINITY, NAN,   99.2,      0.1,
                                 1e15,    1e15 + 1, 123456789, 1e-12, 3e-5,      7};
enum { HOSTILE = sizeof hostile / sizeof hostile[0] };

START_TEST(any_two_numbers_make_a_scale)
{
    for (unsigned choices = 0; choices < 8; choices++) {
        for (unsigned j = 0; j < HOSTILE; j++) {
            scale_data data = between(hostile[_i], hostile[j]);
            data.from_zero = (choices & 1) != 0 && data.low >= 0;
            data.whole = (choices & 2) != 0 && data.high > 1 && data.low <= 0;
            data.wide_is_logarithmic = (choices & 4) != 0;
            const scale made = scale_make(&data);
            assert_sound(&made);
        }
    }
}
END_TEST

START_TEST(one_value_lies_within)
{
    scale_data data = between(0.25, 0.25);
    const scale made = scale_make(&data);
    assert_sound(&made);
    ck_assert(fabs(scale_position(&made, 0.25) - 0.5) < 1e-9);

    data = between(0, 0);
    const scale zero = scale_make(&data);
    assert_sound(&zero);
    ck_assert(fabs(scale_position(&zero, 0) - 0.5) < 1e-9);
}
END_TEST

START_TEST(no_tick_lies_beyond_what_is_possible)
{
    scale_data data = between(99, 100);
    data.most = 100;
    const scale near = scale_make(&data);
    ck_assert_str_eq(labels(&near), "99.0 99.2 99.4 99.6 99.8 100.0 ");
    data.low = 100;
    const scale one = scale_make(&data);
    assert_sound(&one);
    ck_assert_str_eq(labels(&one), "95 96 97 98 99 100 ");
    data = between(0, 0.04);
    data.least = 0;
    const scale small = scale_make(&data);
    ck_assert(small.low < 0); /* so that a marker at 0 is not cut */
    ck_assert(small.ticks[0] == 0);
}
END_TEST

START_TEST(epochs_begin_at_zero_and_have_whole_ticks)
{
    scale_data data = between(1, 1);
    data.from_zero = true;
    data.whole = true;
    const scale one = scale_make(&data);
    ck_assert_str_eq(labels(&one), "0 1 ");
    ck_assert(scale_position(&one, 0) == 0);
    data.high = 15;
    const scale many = scale_make(&data);
    ck_assert_str_eq(labels(&many), "0 2 4 6 8 10 12 14 ");
}
END_TEST

START_TEST(more_than_two_decades_are_logarithmic)
{
    scale_data data = between(0.01, 1);
    data.wide_is_logarithmic = true;
    ck_assert(!scale_make(&data).logarithmic);
    data.low = 0.009;
    const scale wide = scale_make(&data);
    assert_sound(&wide);
    ck_assert(wide.logarithmic);
    ck_assert_str_eq(labels(&wide), "0.01 0.02 0.05 0.1 0.2 0.5 1 ");
    ck_assert(fabs(scale_position(&wide, 0.3) - scale_position(&wide, 0.03) -
                   (scale_position(&wide, 0.1) - scale_position(&wide, 0.01))) < 1e-9);
    data = between(1e-30, 1e30);
    data.wide_is_logarithmic = true;
    const scale huge = scale_make(&data);
    assert_sound(&huge);
    ck_assert(huge.logarithmic);
    ck_assert_uint_ge(huge.tick_count, 5);
    data = between(0, 1e6); /* zero has no logarithm */
    data.wide_is_logarithmic = true;
    ck_assert(!scale_make(&data).logarithmic);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scale");
    TCase *cases = tcase_create("scale");
    tcase_add_loop_test(cases, ticks_are_steps_of_1_2_or_5, 0, RANGES);
    tcase_add_loop_test(cases, any_two_numbers_make_a_scale, 0, HOSTILE);
    tcase_add_test(cases, one_value_lies_within);
    tcase_add_test(cases, no_tick_lies_beyond_what_is_possible);
    tcase_add_test(cases, epochs_begin_at_zero_and_have_whole_ticks);
    tcase_add_test(cases, more_than_two_decades_are_logarithmic);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
