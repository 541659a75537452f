#include <math.h>

#include "check_add.h"

static const uint8_t labels[] = {0, 1, 1, 0, 1, 0, 255, 1};
static const float scores[] = {0.0f, 1.0f, 0.25f, 0.3f, 0.74f, 0.75f, 0.99f, 0.5f};

START_TEST(a_curve_of_scores_has_the_stock_bytes)
{
    ck_assert_int_eq(tblog_add_pr_curve(f.writer, "p", 8, labels, scores, 8, 5), TBLOG_OK);
    check_last_record(&f, golden_pr_curve);
}
END_TEST

START_TEST(a_curve_of_counts_has_the_stock_bytes)
{
    /* Counted by hand: scores of at least 0, 1/4, 1/2, 3/4 and 1. */
    const tblog_pr_counts counts[] = {
        {5, 3, 0, 0}, {5, 2, 1, 0}, {4, 1, 2, 1}, {2, 1, 2, 3}, {1, 0, 3, 4}};
    ck_assert_int_eq(tblog_add_pr_curve_counts(f.writer, "p", 8, counts, 5), TBLOG_OK);
    check_last_record(&f, golden_pr_curve);
}
END_TEST

START_TEST(wrong_arguments_are_refused_and_write_nothing)
{
    ck_assert_int_eq(tblog_add_scalar(f.writer, "scalar", 0, 1.0), TBLOG_OK);
    const size_t before = f.file.size;
    static const float bad_scores[] = {-0.1f, 1.1f, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(tblog_add_pr_curve(f.writer, "p", 0, labels, &bad_scores[i], 1, 5),
                         TBLOG_INVALID);
    }
    ck_assert_int_eq(tblog_add_pr_curve(NULL, "p", 0, labels, scores, 8, 5), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pr_curve(f.writer, NULL, 0, labels, scores, 8, 5), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pr_curve(f.writer, "scalar", 0, labels, scores, 8, 5),
                     TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pr_curve(f.writer, "p", 0, NULL, scores, 8, 5), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pr_curve(f.writer, "p", 0, labels, NULL, 8, 5), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pr_curve(f.writer, "p", 0, labels, scores, 0, 5), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pr_curve(f.writer, "p", 0, labels, scores, 8, 1), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pr_curve(f.writer, "p", 0, labels, scores, 8, SIZE_MAX),
                     TBLOG_INVALID);
    static const tblog_pr_counts bad_counts[][2] = {{{1, 0, 0, 0}, {-1, 0, 0, 0}},
                                                    {{1, 0, 0, 0}, {0, NAN, 0, 0}},
                                                    {{1, 0, 0, 0}, {0, 0, INFINITY, 0}},
                                                    {{0, 0, 0, -1}, {0, 0, 0, 0}}};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(tblog_add_pr_curve_counts(f.writer, "p", 0, bad_counts[i], 2),
                         TBLOG_INVALID);
    }
    ck_assert_int_eq(tblog_add_pr_curve_counts(f.writer, "p", 0, NULL, 2), TBLOG_INVALID);
    ck_assert_int_eq(tblog_add_pr_curve_counts(f.writer, "p", 0, bad_counts[0], 1), TBLOG_INVALID);
    ck_assert_uint_eq(f.file.size, before);
}
END_TEST

int main(void)
{
    return RUN_ADD_TESTS("add_pr_curve", a_curve_of_scores_has_the_stock_bytes,
                         a_curve_of_counts_has_the_stock_bytes,
                         wrong_arguments_are_refused_and_write_nothing);
}
