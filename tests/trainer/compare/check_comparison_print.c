/* The comparison as people and programs get it: the tables, the answers and the JSON text. */
#include <check.h>
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comparison_runs.h"
#include "scratch.h"

static char *print_table(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert_int_eq(comparison_print(&all, out), 0);
    fclose(out);
    return text;
}

/* Columns of a line; "±" is one of two bytes. */
static void assert_fits(char *text)
{
    char *rest = text;
    for (char *line = strtok_r(rest, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        ck_assert_msg(strlen(line) <= 120 + (strstr(line, "±") != NULL), "%s", line);
    }
}

/* Does a line begin with `begin` and have these words, in this order, with blanks between? */
static bool has_line(const char *text, const char *begin, const char *words)
{
    char wanted[256];
    snprintf(wanted, sizeof wanted, "%s %s", begin, words);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        char squeezed[256];
        size_t length = 0;
        line += *line == '\n';
        for (const char *c = line; *c != '\0' && *c != '\n' && length < sizeof squeezed - 1; c++) {
            if (*c != ' ' || (length > 0 && squeezed[length - 1] != ' ')) {
                squeezed[length++] = *c;
            }
        }
        squeezed[length] = '\0';
        if (strncmp(squeezed, wanted, strlen(wanted)) == 0) {
            return true;
        }
    }
    return false;
}

START_TEST(the_table_fits_in_120_columns_and_says_how_each_run_stands)
{
    make_three_runs();
    set_seconds_but_first("b", 3, 4);
    compare_everything();
    char *text = print_table();
    ck_assert(has_line(text, "batch size 32", "2 3.00 (3.00-4.00) 21 "));
    ck_assert(has_line(text, "fewest epochs", "batch size 64 1 (1-1) first"));
    ck_assert(has_line(text, "batch size 32", "3 (2-4) behind"));
    ck_assert(has_line(text, "fewest samples", "batch size 64 64 (64-64) first"));
    ck_assert(has_line(text, "batch size 32", "192 (128-256) behind"));
    ck_assert(has_line(text, "fewest seconds of training",
                       "batch size 32 9.0 (6.0-16.0) first, not clearly"));
    ck_assert(has_line(text, "batch size 64", "10.0 (10.0-10.0) cannot be told apart"));
    ck_assert(has_line(text, "lowest training loss of epoch 1", "batch size 16 "));
    ck_assert_ptr_nonnull(strstr(text, "lowest, error unknown"));
    ck_assert(has_line(text, "after the last epoch", "batch size 16 99.35 % ± 0.08 first"));
    ck_assert(has_line(text, "batch size 32", "0.30 times the time an epoch, 0.54 times the mem"));
    ck_assert_ptr_nonnull(strstr(text, "0.9935 0.9940 @3"));
    assert_fits(text);
    free(text);
}
END_TEST

START_TEST(an_exact_tie_has_no_single_winner_in_the_table)
{
    make_run("a", 64, correct_16);
    make_run("b", 32, correct_16);
    compare_everything();
    char *text = print_table();
    ck_assert(has_line(text, "fewest epochs", "batch size 64 2 (2-3) equally first"));
    ck_assert(has_line(text, "batch size 32", "2 (2-3) equally first"));
    free(text);
}
END_TEST

START_TEST(runs_of_one_batch_size_are_told_apart_by_their_number)
{
    make_run("a", 16, correct_16);
    make_run("b", 16, correct_64);
    compare_everything();
    char *text = print_table();
    ck_assert(has_line(text, "fewest epochs", "batch size 16 #1 2 (2-3) first, not clearly"));
    ck_assert(has_line(text, "batch size 16 #2", "3 (2-4) cannot be told apart"));
    free(text);
}
END_TEST

/* Seeds at batch size 16 that end at 99.35, 98.85 and 99.20 % and are at 99 % in epochs 2, 3 and
 * 1; one of 64. */
static void make_seeds(void)
{
    static const uint32_t low[EPOCHS] = {9800, 9800, 9900, 9885};
    static const uint32_t high[EPOCHS] = {9900, 9900, 9900, 9920};
    make_run("a", 16, correct_16);
    make_run("b", 16, low);
    make_run("c", 16, high);
    make_run("d", 64, correct_64);
    compare_everything();
}

START_TEST(seeds_of_a_batch_size_are_taken_together)
{
    make_seeds();
    char *text = print_table();
    /* The mean of 99.35, 98.85 and 99.20, their standard deviation 0.2566 over the root of 3. */
    ck_assert(has_line(text, "batch size 16", "3 99.133 ± 0.148 "));
    ck_assert(has_line(text, "batch size 64", "1 99.200 "));
    ck_assert_ptr_nonnull(strstr(text, "2.00 ± 0.58"));
    ck_assert_ptr_nonnull(strstr(text, "3 of 3"));
    assert_fits(text);
    free(text);
}
END_TEST

START_TEST(without_seeds_nothing_is_said_of_them)
{
    make_three_runs();
    char *text = print_table();
    ck_assert_ptr_null(strstr(text, "Over the seeds"));
    free(text);
}
END_TEST

START_TEST(of_very_many_runs_the_first_are_shown)
{
    for (int i = 0; i < 15; i++) {
        char name[16];
        snprintf(name, sizeof name, "run%02d", i);
        make_run(name, 16, correct_16);
    }
    compare_everything();
    char *text = print_table();
    ck_assert_ptr_nonnull(strstr(text, "and 3 more"));
    free(text);
}
END_TEST

START_TEST(a_range_that_never_ends_is_open)
{
    static const uint32_t correct[EPOCHS] = {9899, 9900, 9899, 9899};
    static const uint32_t nearly[EPOCHS] = {9800, 9895, 9895, 9895};
    make_run("run", 16, correct);
    make_run("nearly", 8, nearly);
    compare_everything();
    char *text = print_table();
    ck_assert(has_line(text, "fewest epochs", "batch size 16 2 (1-) first, not clearly"));
    ck_assert(has_line(text, "batch size 8", "never (2-) cannot be told apart"));
    free(text);
}
END_TEST

/* One run whose losses are no numbers, one whose losses are infinite in a 32-bit float, one whose
 * losses are large, and one as it should be. */
static void make_diverged_runs(void)
{
    static const uint32_t chance[EPOCHS] = {980, 980, 980, 980};
    make_run_with("nan", 64, (fake_engine_plan){.val_correct = chance, .loss_factor = -NAN});
    make_run_with("infinite", 32, (fake_engine_plan){.val_correct = chance, .loss_factor = 1e100});
    make_run_with("large", 16, (fake_engine_plan){.val_correct = chance, .loss_factor = 1e30});
    make_run("good", 8, correct_16);
    compare_everything();
}

START_TEST(diverged_runs_are_shown_plainly_and_win_nothing)
{
    make_diverged_runs();
    char *text = print_table();
    ck_assert_ptr_null(strstr(text, "-nan"));
    ck_assert(has_line(text, "batch size 64", "nan - 0."));
    ck_assert_ptr_nonnull(strstr(text, "  diverged\n"));
    ck_assert_ptr_nonnull(strstr(text, "Note: nan: diverged at step 1 of epoch 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "Note: 2 of 4 runs diverged"));
    ck_assert_ptr_nonnull(strstr(text, "What it costs, against batch size 16, "));
    ck_assert(has_line(text, "batch size 32", "inf - 0."));
    ck_assert(has_line(text, "batch size 16", "1.297e+29 1.297e+29 @4 "));
    ck_assert(has_line(text, "fewest epochs", "batch size 8 2 (2-3) the only one"));
    ck_assert(has_line(text, "lowest training loss of epoch 1", "batch size 8 "));
    ck_assert(has_line(text, "after the last epoch", "batch size 8 99.35 % ± 0.08 first"));
    assert_fits(text);
    free(text);
}
END_TEST

/* Two seeds at batch size 64, of which one diverged, and one at 16. */
static void make_diverged_seed(void)
{
    make_run_with("a", 64, (fake_engine_plan){.diverged_loss = NAN, .diverges_at_step = 3});
    make_run("b", 64, correct_early);
    make_run("c", 16, correct_16);
    compare_everything();
}

START_TEST(diverged_seeds_are_counted)
{
    make_diverged_seed();
    char *text = print_table();
    ck_assert(has_line(text, "Over the seeds", "runs "));
    ck_assert(has_line(text, "batch size 64", "1 98.900 99.220 "));
    ck_assert_ptr_nonnull(strstr(text, "  1 of 1     1\n"));
    ck_assert(has_line(text, "batch size 64 #2", "1 (1-1) diverges with another seed"));
    assert_fits(text);
    free(text);
}
END_TEST

START_TEST(diverged_runs_leave_valid_json)
{
    char *text = NULL;
    size_t size = 0;
    make_diverged_runs();
    FILE *out = open_memstream(&text, &size);
    ck_assert_int_eq(comparison_print_json(&all, out), 0);
    fclose(out);
    json_t *root = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(root);
    json_t *run_json = json_load_file(scratch_path("nan/run.json"), 0, NULL);
    ck_assert_ptr_nonnull(run_json);
    json_decref(run_json);
    json_decref(root);
    free(text);
}
END_TEST

static const json_t *at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    ck_assert_msg(value != NULL, "no %s", key);
    return value;
}

static void assert_json_range(const json_t *range, double value, double low, double high)
{
    ck_assert_double_eq(json_real_value(at(range, "value")), value);
    ck_assert_double_eq(json_real_value(at(range, "low")), low);
    ck_assert_double_eq(json_real_value(at(range, "high")), high);
}

static void assert_json_entry(const json_t *root, const char *question, size_t place,
                              const char *run, const char *standing)
{
    const json_t *answer = at(at(root, "answers"), question);
    const json_t *entry = json_array_get(answer, place);
    ck_assert_uint_eq(json_array_size(answer), 3);
    ck_assert_str_eq(json_string_value(at(entry, "run")), run);
    ck_assert_str_eq(json_string_value(at(entry, "standing")), standing);
}

START_TEST(json_has_the_same_numbers)
{
    char *text = NULL;
    size_t size = 0;
    make_three_runs();
    FILE *out = open_memstream(&text, &size);
    ck_assert_int_eq(comparison_print_json(&all, out), 0);
    fclose(out);
    json_t *root = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(root);
    const json_t *small = json_array_get(at(root, "runs"), 2);
    ck_assert_int_eq(json_integer_value(at(small, "batch_size")), 16);
    ck_assert_int_eq(json_integer_value(at(small, "peak_bytes")), 21000);
    ck_assert_double_eq(json_real_value(at(at(small, "val_accuracy"), "best")), 0.994);
    assert_json_range(at(small, "seconds_per_epoch"), 10, 10, 10);
    assert_json_range(at(at(small, "to_target"), "epochs"), 2, 2, 3);
    assert_json_range(at(at(small, "to_target"), "samples"), 128, 128, 192);
    assert_json_range(at(at(small, "to_target"), "seconds"), 20, 20, 30);
    assert_json_entry(root, "fewest_seconds", 0, "b", "first");
    assert_json_entry(root, "fewest_seconds", 1, "a", "unsure");
    assert_json_entry(root, "fewest_seconds", 2, "c", "behind");
    assert_json_entry(root, "lowest_first_epoch_loss", 1, "b", "unknown");
    const json_t *loss = json_array_get(at(at(root, "answers"), "lowest_first_epoch_loss"), 0);
    ck_assert(json_is_null(at(loss, "low")) && json_is_null(at(loss, "high")));
    json_decref(root);
    free(text);
}
END_TEST

START_TEST(json_has_the_divergence)
{
    char *text = NULL;
    size_t size = 0;
    make_diverged_seed();
    FILE *out = open_memstream(&text, &size);
    ck_assert_int_eq(comparison_print_json(&all, out), 0);
    fclose(out);
    json_t *root = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(root);
    ck_assert_int_eq(json_integer_value(at(root, "diverged")), 1);
    const json_t *run = json_array_get(at(root, "runs"), 0);
    ck_assert_str_eq(json_string_value(at(run, "state")), "diverged");
    ck_assert_int_eq(json_integer_value(at(run, "diverged_at_step")), 3);
    ck_assert(json_is_null(at(json_array_get(at(root, "runs"), 1), "diverged_at_step")));
    const json_t *large = json_array_get(at(root, "batch_sizes"), 0);
    ck_assert_int_eq(json_integer_value(at(large, "diverged")), 1);
    const json_t *answer = json_array_get(at(at(root, "answers"), "best_val_accuracy"), 1);
    ck_assert_str_eq(json_string_value(at(answer, "standing")), "unreliable");
    json_decref(root);
    free(text);
}
END_TEST

START_TEST(json_has_the_seeds)
{
    char *text = NULL;
    size_t size = 0;
    make_seeds();
    FILE *out = open_memstream(&text, &size);
    ck_assert_int_eq(comparison_print_json(&all, out), 0);
    fclose(out);
    json_t *root = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(root);
    const json_t *large = json_array_get(at(root, "batch_sizes"), 0);
    const json_t *small = json_array_get(at(root, "batch_sizes"), 1);
    ck_assert_int_eq(json_integer_value(at(large, "batch_size")), 64);
    ck_assert(json_is_null(at(at(large, "final_val_accuracy"), "error")));
    ck_assert_int_eq(json_integer_value(at(small, "runs")), 3);
    const json_t *accuracy = at(small, "final_val_accuracy");
    ck_assert_double_eq_tol(json_real_value(at(accuracy, "mean")), 0.9913333333, 1e-9);
    ck_assert_double_eq_tol(json_real_value(at(accuracy, "error")), 0.0014813657, 1e-9);
    ck_assert_double_eq(json_real_value(at(at(small, "epochs_to_target"), "mean")), 2);
    json_decref(root);
    free(text);
}
END_TEST

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8"); /* the signs that the tests expect */
    Suite *suite = suite_create("comparison_print");
    TCase *comparing = tcase_create("comparing");
    tcase_add_checked_fixture(comparing, comparison_set_up, comparison_tear_down);
    tcase_add_test(comparing, the_table_fits_in_120_columns_and_says_how_each_run_stands);
    tcase_add_test(comparing, an_exact_tie_has_no_single_winner_in_the_table);
    tcase_add_test(comparing, runs_of_one_batch_size_are_told_apart_by_their_number);
    tcase_add_test(comparing, a_range_that_never_ends_is_open);
    tcase_add_test(comparing, diverged_runs_are_shown_plainly_and_win_nothing);
    tcase_add_test(comparing, diverged_seeds_are_counted);
    tcase_add_test(comparing, diverged_runs_leave_valid_json);
    tcase_add_test(comparing, json_has_the_divergence);
    tcase_add_test(comparing, json_has_the_same_numbers);
    tcase_add_test(comparing, seeds_of_a_batch_size_are_taken_together);
    tcase_add_test(comparing, without_seeds_nothing_is_said_of_them);
    tcase_add_test(comparing, of_very_many_runs_the_first_are_shown);
    tcase_add_test(comparing, json_has_the_seeds);
    suite_add_tcase(suite, comparing);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
