/* The figures that follow from counts of right and wrong predictions. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "evaluation.h"

START_TEST(images_are_counted_by_label_and_prediction)
{
    static const uint8_t labels[] = {0, 1, 1, 1, 9, 9, 3};
    static const uint8_t predicted[] = {0, 1, 7, 7, 9, 0, 3};
    evaluation made;
    evaluation_make(&made, labels, predicted, sizeof labels, 3.5);
    ck_assert_uint_eq(made.confusion[0][0], 1);
    ck_assert_uint_eq(made.confusion[1][1], 1);
    ck_assert_uint_eq(made.confusion[1][7], 2);
    ck_assert_uint_eq(made.confusion[7][1], 0);
    ck_assert_uint_eq(made.confusion[9][9], 1);
    ck_assert_uint_eq(made.confusion[9][0], 1);
    ck_assert_uint_eq(made.accuracy.correct, 4);
    ck_assert_uint_eq(made.accuracy.images, 7);
    ck_assert_double_eq(made.accuracy.value, 4.0 / 7);
    ck_assert_double_eq(made.loss, 0.5);
    ck_assert_uint_eq(made.classes[1].correct, 1);
    ck_assert_uint_eq(made.classes[1].images, 3);
    ck_assert_double_eq(made.classes[1].value, 1.0 / 3);
}
END_TEST

START_TEST(a_class_without_images_has_no_accuracy)
{
    static const uint8_t labels[] = {2, 2};
    static const uint8_t predicted[] = {2, 5};
    evaluation made;
    evaluation_make(&made, labels, predicted, sizeof labels, 1);
    for (unsigned label = 0; label < LENET_CLASSES; label++) {
        const evaluation_accuracy *accuracy = &made.classes[label];
        ck_assert_uint_eq(accuracy->images, label == 2 ? 2 : 0);
        ck_assert_int_eq(isnan(accuracy->value), label != 2);
        ck_assert_int_eq(isnan(accuracy->low), label != 2);
        ck_assert_int_eq(isnan(accuracy->high), label != 2);
    }
}
END_TEST

/* From scipy.stats.binomtest(correct, images).proportion_ci(method="wilson"), SciPy 1.17.1. Both
 * make about ten operations with results below 1 or scaled by the same factor; 1e-14 allows about
 * fifty roundings. */
START_TEST(the_interval_is_that_of_scipy)
{
    static const struct {
        uint32_t correct;
        uint32_t images;
        double low;
        double high;
    } cases[] = {
        {9912, 10000, 0.9891715358948607, 0.9928512241057865},
        {59999, 60000, 0.9999055906678199, 0.9999970579180261},
        {978, 980, 0.9925895975938441, 0.9994401560312027},
        {5, 10, 0.236593090512564, 0.7634069094874361},
        {0, 10, 0, 0.27753279986288926},
        {10, 10, 0.7224672001371109, 1},
        {0, 1, 0, 0.7934506856227626},
        {1, 1, 0.20654931437723745, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        evaluation made;
        uint8_t *labels = calloc(cases[i].images, 1);
        uint8_t *predicted = malloc(cases[i].images);
        ck_assert_ptr_nonnull(labels);
        ck_assert_ptr_nonnull(predicted);
        memset(predicted, 1, cases[i].images);
        memset(predicted, 0, cases[i].correct);
        evaluation_make(&made, labels, predicted, cases[i].images, 1);
        ck_assert_double_eq_tol(made.accuracy.low, cases[i].low, 1e-14);
        ck_assert_double_eq_tol(made.accuracy.high, cases[i].high, 1e-14);
        ck_assert_double_ge(made.accuracy.low, 0);
        ck_assert_double_le(made.accuracy.high, 1);
        free(predicted);
        free(labels);
    }
}
END_TEST

START_TEST(a_loss_that_is_no_number_stays_none)
{
    static const uint8_t label[] = {4};
    evaluation made;
    evaluation_make(&made, label, label, 1, NAN);
    ck_assert_double_nan(made.loss);
    evaluation_make(&made, label, label, 1, INFINITY);
    ck_assert_double_infinite(made.loss);
    ck_assert_double_eq(made.accuracy.value, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evaluation");
    TCase *all = tcase_create("all");
    tcase_add_test(all, images_are_counted_by_label_and_prediction);
    tcase_add_test(all, a_class_without_images_has_no_accuracy);
    tcase_add_test(all, the_interval_is_that_of_scipy);
    tcase_add_test(all, a_loss_that_is_no_number_stays_none);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
