/* The output of an evaluation, for people and for programs. */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "evaluation_report.h"

enum { IMAGES = 400, TRAINING_IMAGES = 80, STEPS = 10 };

static const engine_plan plan = {
    .precision = ENGINE_FP32, .arithmetic = "avx2, method 3", .hardware = "avx2, 2 threads"};
static model trained;
static evaluation_report report;
static char *text;

/* 400 images of the labels 0 to 7; the first 3 are predicted as 9. */
static void make_report(void)
{
    static uint8_t labels[IMAGES];
    static uint8_t predicted[IMAGES];
    for (unsigned i = 0; i < IMAGES; i++) {
        labels[i] = i % 8;
        predicted[i] = i < 3 ? 9 : i % 8;
    }
    trained = (model){.has_origin = true,
                      .origin = {.config = {.batch_size = 8,
                                            .epochs = 15,
                                            .learning_rate = 0.001,
                                            .engine = "cpu",
                                            .arithmetic = "avx2, method 3",
                                            .precision = ENGINE_FP32,
                                            .training_samples = TRAINING_IMAGES,
                                            .validation_samples = IMAGES,
                                            .data_crc32 = 0x1234},
                                 .epochs = 12,
                                 .iterations = 12 * STEPS,
                                 .figures = {.val_loss = 0.125, .val_accuracy = 397.0 / IMAGES}}};
    report = (evaluation_report){.path = "logs/run",
                                 .model = &trained,
                                 .data_path = "data/mnist",
                                 .data_crc32 = 0x1234,
                                 .engine = "cpu",
                                 .plan = &plan,
                                 .difference = ""};
    evaluation_make(&report.result, labels, predicted, IMAGES, 50);
}

static void free_text(void)
{
    free(text);
    text = NULL;
}

static const char *printed(void)
{
    size_t bytes;
    free_text();
    FILE *out = open_memstream(&text, &bytes);
    ck_assert_ptr_nonnull(out);
    evaluation_report_print(&report, out);
    ck_assert_int_eq(fclose(out), 0);
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        ck_assert_uint_le(strcspn(line, "\n"), 80);
    }
    for (const char *c = text; *c != '\0'; c++) {
        ck_assert((*c >= ' ' && *c <= '~') || *c == '\n');
    }
    return text;
}

static json_t *printed_json(void)
{
    size_t bytes;
    free_text();
    FILE *out = open_memstream(&text, &bytes);
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(evaluation_report_print_json(&report, out), 0);
    ck_assert_int_eq(fclose(out), 0);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(root);
    return root;
}

START_TEST(the_report_says_what_was_evaluated_and_how_it_did)
{
    ck_assert_str_eq(
        printed(), "Model     logs/run\n"
                   "Trained   12 of 15 epochs, batch size 8, seed 0\n"
                   "Data      data/mnist, 400 validation images\n"
                   "Engine    cpu (avx2, 2 threads), fp32\n"
                   "\n"
                   "Loss      0.1250\n"
                   "Accuracy  99.25 % (97.82 to 99.74), 397 correct\n"
                   "          in parentheses: Wilson's 95 % interval\n"
                   "\n"
                   "Class   images  correct    accuracy\n"
                   "    0       50       49     98.00 % (89.50 to 99.65)\n"
                   "    1       50       49     98.00 % (89.50 to 99.65)\n"
                   "    2       50       49     98.00 % (89.50 to 99.65)\n"
                   "    3       50       50    100.00 % (92.87 to 100.00)\n"
                   "    4       50       50    100.00 % (92.87 to 100.00)\n"
                   "    5       50       50    100.00 % (92.87 to 100.00)\n"
                   "    6       50       50    100.00 % (92.87 to 100.00)\n"
                   "    7       50       50    100.00 % (92.87 to 100.00)\n"
                   "    8        0        -    not in the data\n"
                   "    9        0        -    not in the data\n"
                   "\n"
                   "Confusion matrix: a row for each label, a column for each predicted class\n"
                   "           0      1      2      3      4      5      6      7      8      9\n"
                   "    0     49      0      0      0      0      0      0      0      0      1\n"
                   "    1      0     49      0      0      0      0      0      0      0      1\n"
                   "    2      0      0     49      0      0      0      0      0      0      1\n"
                   "    3      0      0      0     50      0      0      0      0      0      0\n"
                   "    4      0      0      0      0     50      0      0      0      0      0\n"
                   "    5      0      0      0      0      0     50      0      0      0      0\n"
                   "    6      0      0      0      0      0      0     50      0      0      0\n"
                   "    7      0      0      0      0      0      0      0     50      0      0\n"
                   "    8      0      0      0      0      0      0      0      0      0      0\n"
                   "    9      0      0      0      0      0      0      0      0      0      0\n");
}
END_TEST

START_TEST(what_a_model_is_not_known_to_be_is_not_said)
{
    trained.origin.iterations += 4;
    ck_assert_ptr_nonnull(
        strstr(printed(), "Trained   to step 4 of epoch 13, batch size 8, seed 0\n"));
    trained = (model){.has_origin = false};
    ck_assert_ptr_nonnull(strstr(printed(), "Trained   not known: the file does not record it\n"));
    ck_assert_ptr_null(strstr(text, "Note:"));
}
END_TEST

START_TEST(figures_that_may_not_be_the_runs_are_called_that)
{
    report.difference = "the model was trained on cuda (cuda sm_90 x132, method 12, cublas 120803) "
                        "in bf16 and is computed on cpu (avx2, method 3) in fp32: last digits may "
                        "differ";
    ck_assert_ptr_nonnull(
        strstr(printed(),
               "Note: the model was trained on cuda (cuda sm_90 x132, method 12, cublas 120803)\n"
               "      in bf16 and is computed on cpu (avx2, method 3) in fp32: last digits may\n"
               "      differ\n\n"));
    report.data_crc32++;
    ck_assert_ptr_nonnull(strstr(
        printed(), "Note: it was trained with other data; these figures are not the run's.\n\n"));
}
END_TEST

/* 727 of 800 is 0.90875. Its nearest double is less; 100 times that double rounds to 90.875, a
 * tie. */
START_TEST(per_cents_are_rounded_as_a_run_rounds_its_accuracy)
{
    static uint8_t labels[800];
    static const uint8_t predicted[800];
    char rounded[16];
    memset(labels, 1, sizeof labels - 727);
    evaluation_make(&report.result, labels, predicted, sizeof labels, 1);
    snprintf(rounded, sizeof rounded, "%.4f", report.result.accuracy.value);
    ck_assert_str_eq(rounded, "0.9087");
    ck_assert_ptr_nonnull(strstr(printed(), "Accuracy  90.87 % ("));
}
END_TEST

START_TEST(json_has_all_digits_and_null_for_what_is_not_known)
{
    json_t *root = printed_json();
    const json_t *accuracy = json_object_get(root, "accuracy");
    const json_t *classes = json_object_get(root, "classes");
    const json_t *run = json_object_get(root, "run");
    ck_assert_str_eq(json_string_value(json_object_get(root, "model")), "logs/run");
    ck_assert_double_eq(json_real_value(json_object_get(root, "loss")), 0.125);
    ck_assert_double_eq(json_real_value(json_object_get(accuracy, "value")), 397.0 / IMAGES);
    ck_assert_double_eq(json_real_value(json_object_get(accuracy, "low")),
                        report.result.accuracy.low);
    ck_assert_uint_eq(json_array_size(classes), LENET_CLASSES);
    ck_assert(json_is_null(json_object_get(json_array_get(classes, 9), "value")));
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(classes, 9), "class")), 9);
    ck_assert_int_eq(json_integer_value(
                         json_array_get(json_array_get(json_object_get(root, "confusion"), 2), 9)),
                     1);
    ck_assert_int_eq(json_integer_value(json_object_get(run, "epoch")), 12);
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(run, "configuration"), "batch_size")),
        8);
    ck_assert(json_is_true(json_object_get(json_object_get(root, "data"), "is_of_run")));
    ck_assert(json_is_true(json_object_get(json_object_get(root, "engine"), "is_of_run")));
    json_decref(root);
}
END_TEST

START_TEST(json_of_a_model_without_a_past_has_null_for_it)
{
    trained = (model){.has_origin = false};
    report.path = "a\xff\n";
    report.result.loss = NAN;
    json_t *root = printed_json();
    ck_assert(json_is_null(json_object_get(root, "run")));
    ck_assert(json_is_null(json_object_get(root, "loss")));
    ck_assert(json_is_null(json_object_get(json_object_get(root, "data"), "is_of_run")));
    ck_assert(json_is_null(json_object_get(json_object_get(root, "engine"), "is_of_run")));
    json_decref(root);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evaluation_report");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, make_report, free_text);
    tcase_add_test(all, the_report_says_what_was_evaluated_and_how_it_did);
    tcase_add_test(all, what_a_model_is_not_known_to_be_is_not_said);
    tcase_add_test(all, figures_that_may_not_be_the_runs_are_called_that);
    tcase_add_test(all, per_cents_are_rounded_as_a_run_rounds_its_accuracy);
    tcase_add_test(all, json_has_all_digits_and_null_for_what_is_not_known);
    tcase_add_test(all, json_of_a_model_without_a_past_has_null_for_it);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
