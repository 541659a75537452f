/* Compares the statistical tests with values from SciPy (scipy.stats: t, nct, ttest_rel,
 * ttest_ind). Also tests what SciPy lacks: few values, no spread, Holm's order. */
#include <check.h>
#include <math.h>

#include "check_main.h"
#include "difference.h"
#include "student_t.h"

static const double some[] = {0.9921, 0.9930, 0.9919, 0.9925};
static const double others[] = {0.9911, 0.9922, 0.9921, 0.9915, 0.99};

static void assert_near(double value, double expected)
{
    ck_assert_msg(fabs(value - expected) <= 1e-9 * fmax(fabs(expected), 1e-3), "%.17g is not %.17g",
                  value, expected);
}

START_TEST(tails_are_those_of_the_distribution)
{
    static const double cases[][3] = {
        /* t, freedom, both tails */
        {0, 3, 1},
        {1, 1, 0.5},
        {-2, 4, 0.11611652351681556},
        {2.5, 4.7, 0.05759215934686732},
        {3, 99, 0.0034155079215788717},
        {12, 2, 0.00687293367715846},
        {1.959963984540054, 1e6, 0.0500002772952217},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_near(student_t_tails(cases[i][0], cases[i][1]), cases[i][2]);
    }
    ck_assert(student_t_tails(INFINITY, 3) == 0);
    ck_assert(isnan(student_t_tails(NAN, 3)));
}
END_TEST

START_TEST(bounds_turn_tails_round)
{
    assert_near(student_t_bound(0.05, 1), 12.706204736174705);
    assert_near(student_t_bound(0.05, 9), 2.2621571627982053);
    assert_near(student_t_bound(1e-8, 3), 604.1648958186104);
    assert_near(student_t_bound(1, 3), 0);
    for (double freedom = 0.5; freedom < 2000; freedom *= 3) {
        assert_near(student_t_tails(student_t_bound(0.003, freedom), freedom), 0.003);
    }
}
END_TEST

START_TEST(power_is_that_of_the_noncentral_distribution)
{
    ck_assert_double_eq_tol(student_t_power(0, 4, student_t_bound(0.05, 4)), 0.05, 1e-6);
    ck_assert_double_eq_tol(student_t_power(3, 9, student_t_bound(0.05, 9)), 0.7611566, 1e-6);
    ck_assert_double_eq_tol(student_t_power(-3, 9, student_t_bound(0.05, 9)), 0.7611566, 1e-6);
    ck_assert_double_eq_tol(student_t_power(5, 2, student_t_bound(0.05, 2)), 0.7191805, 1e-6);
}
END_TEST

START_TEST(seeds_in_common_are_paired)
{
    const difference paired = difference_paired(some, others, 4, 0);
    assert_near(paired.mean, 0.00065);
    assert_near(paired.low, -0.00026408810849726206);
    assert_near(paired.high, 0.0015640881084972853);
    assert_near(paired.p, 0.10862358012073893);
}
END_TEST

START_TEST(other_seeds_are_told_apart_by_welch)
{
    const difference apart = difference_unpaired(some, 4, others, 5, 0);
    assert_near(apart.mean, 0.000995);
    assert_near(apart.low, -0.00013337916261124097);
    assert_near(apart.high, 0.002123379162611399);
    assert_near(apart.p, 0.07476775468449515);
}
END_TEST

START_TEST(one_seed_tells_nothing)
{
    const difference one = difference_paired(some, others, 1, 1e-4);
    assert_near(one.mean, 0.001);
    ck_assert(isnan(one.p) && isnan(one.low) && isnan(one.high) && isnan(one.spread));
    ck_assert(isnan(difference_unpaired(some, 1, others, 5, 1e-4).p));
    assert_near(difference_unpaired(some, 1, others, 1, 1e-4).mean, 0.001);
    ck_assert(isnan(difference_paired(some, others, 0, 1e-4).mean));
}
END_TEST

START_TEST(seeds_that_agree_are_known_to_the_grain_only)
{
    static const double low[] = {0.99, 0.99, 0.99};
    static const double high[] = {0.9901, 0.9901, 0.9901};
    const double grain = 1e-4;
    const difference one_apart = difference_paired(high, low, 3, grain);
    assert_near(one_apart.spread, grain / sqrt(6));
    assert_near(one_apart.p, student_t_tails(sqrt(18), 2));
    ck_assert(one_apart.p > 0.05);
    assert_near(difference_paired(low, low, 3, grain).p, 1);
    assert_near(difference_unpaired(low, 3, low, 3, grain).p, 1);
    /* With a grain of 0 equal differences leave no doubt. */
    ck_assert(difference_paired(high, low, 3, 0).p < 1e-6);
    ck_assert(difference_paired(low, low, 3, 0).p == 1);
}
END_TEST

START_TEST(holm_keeps_the_order)
{
    static const double p[] = {0.01, 0.04, NAN, 0.03, 0.005};
    static const double equal[] = {0.3, 0.6, 0.3};
    double adjusted[5];
    ck_assert_int_eq(difference_holm(p, 5, adjusted), 0);
    assert_near(adjusted[4], 0.025);
    assert_near(adjusted[0], 0.04);
    assert_near(adjusted[3], 0.09);
    assert_near(adjusted[1], 0.09); /* 2 x 0.04 would be less than the one before */
    ck_assert(isnan(adjusted[2]));
    ck_assert_int_eq(difference_holm(equal, 3, adjusted), 0);
    assert_near(adjusted[0], 0.9);
    assert_near(adjusted[1], 0.9);
    assert_near(adjusted[2], 0.9);
    ck_assert_int_eq(difference_holm(NULL, 0, NULL), 0);
}
END_TEST

START_TEST(more_seeds_are_as_many_as_the_power_needs)
{
    const double level = 0.05;
    for (double effect = 0.3; effect < 4; effect += 0.3) {
        const unsigned seeds = difference_seeds_needed(-effect, 1, level);
        const double bound = student_t_bound(level, seeds - 1);
        ck_assert(student_t_power(effect * sqrt(seeds), seeds - 1, bound) >= 0.8);
        if (seeds > 2) {
            const double fewer = student_t_bound(level, seeds - 2);
            ck_assert(student_t_power(effect * sqrt(seeds - 1), seeds - 2, fewer) < 0.8);
        }
    }
    ck_assert_uint_eq(difference_seeds_needed(1, 1, level), 10);
    ck_assert_uint_eq(difference_seeds_needed(1e-9, 1, level), DIFFERENCE_MOST_SEEDS + 1);
    ck_assert_uint_eq(difference_seeds_needed(1, 1e-12, level), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("difference");
    TCase *cases = tcase_create("difference");
    tcase_add_test(cases, tails_are_those_of_the_distribution);
    tcase_add_test(cases, bounds_turn_tails_round);
    tcase_add_test(cases, power_is_that_of_the_noncentral_distribution);
    tcase_add_test(cases, seeds_in_common_are_paired);
    tcase_add_test(cases, other_seeds_are_told_apart_by_welch);
    tcase_add_test(cases, one_seed_tells_nothing);
    tcase_add_test(cases, seeds_that_agree_are_known_to_the_grain_only);
    tcase_add_test(cases, holm_keeps_the_order);
    tcase_add_test(cases, more_seeds_are_as_many_as_the_power_needs);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
