/* The comparison: what it computes from runs, who wins, when it is a tie, and what it makes of
 * runs that are unfinished or damaged. */
#include <check.h>
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comparison.h"
#include "fake_engine.h"
#include "message.h"
#include "run_loop.h"
#include "scratch.h"

enum { SAMPLES = 64, VALIDATION_SAMPLES = 10000, EPOCHS = 4 };

static char message[MESSAGE_BYTES];
static comparison all;

/* Trains a run with these validation results and the fake engine's losses, which fall with every
 * step: of runs with as many epochs the one with the smaller batch has the lower loss. */
static void make_run(const char *name, uint32_t batch_size, const uint32_t *val_correct)
{
    static uint8_t images[SAMPLES * LENET_IMAGE_PIXELS];
    static uint8_t labels[SAMPLES];
    const dataset data = {.training = {images, labels, SAMPLES},
                          .validation = {images, labels, VALIDATION_SAMPLES}};
    const run_config config = {.batch_size = batch_size,
                               .epochs = EPOCHS,
                               .learning_rate = 1e-3,
                               .engine = "fake",
                               .arithmetic = "none",
                               .precision = ENGINE_FP32,
                               .training_samples = SAMPLES,
                               .validation_samples = VALIDATION_SAMPLES};
    char directory[512];
    snprintf(directory, sizeof directory, "%s", scratch_path(name));
    progress display;
    progress_init(&display, stdout, PROGRESS_QUIET);
    const run_job job = {.api = &fake_engine,
                         .config = &config,
                         .data = &data,
                         .data_path = "nowhere",
                         .directory = directory,
                         .replace = RUN_DIRECTORY_REPLACE_ANY,
                         .display = &display};
    run_record record;
    fake_engine_plan_now = (fake_engine_plan){.val_correct = val_correct};
    ck_assert_int_eq(run_loop(&job, &record, message), RUN_OUTCOME_FINISHED);
    run_record_free(&record);
}

/* Writes a run's seconds of training an epoch into its run.json. */
static void set_seconds(const char *name, double seconds)
{
    run_record record;
    ck_assert_int_eq(run_record_read(&record, scratch_path(name), message), RUN_RECORD_READ);
    for (uint32_t i = 0; i < record.epoch_count; i++) {
        record.epochs[i].training_seconds = seconds;
        record.epochs[i].validation_seconds = 1;
    }
    ck_assert_int_eq(scratch_write_record(name, &record, message), 0);
    run_record_free(&record);
}

static void set_state(const char *name, run_state state)
{
    run_record record;
    ck_assert_int_eq(run_record_read(&record, scratch_path(name), message), RUN_RECORD_READ);
    record.state = state;
    ck_assert_int_eq(scratch_write_record(name, &record, message), 0);
    run_record_free(&record);
}

static void compare_everything(void)
{
    comparison_free(&all);
    ck_assert_msg(comparison_add_below(&all, scratch_path(""), stderr, message) == 0, "%s",
                  message);
    comparison_sort(&all);
}

/* What 64 and 16 reach: 64 is at 99 % in epoch 3 (2 to 4 within a standard error of 10), 16 in
 * epoch 2 (2 to 3) and ends 15 images ahead. */
static const uint32_t correct_64[EPOCHS] = {9800, 9893, 9905, 9920};
static const uint32_t correct_16[EPOCHS] = {9850, 9901, 9940, 9935};

static void make_two_runs(void)
{
    make_run("runs/small", 16, correct_16);
    make_run("runs/large", 64, correct_64);
    set_seconds("runs/small", 20);
    set_seconds("runs/large", 10);
    compare_everything();
}

START_TEST(runs_below_the_root_are_found_largest_batch_first)
{
    make_two_runs();
    ck_assert_uint_eq(all.count, 2);
    ck_assert_str_eq(all.runs[0].name, "runs/large");
    ck_assert_str_eq(all.runs[1].name, "runs/small");
    ck_assert_uint_eq(all.runs[0].steps_per_epoch, 1);
    ck_assert_uint_eq(all.runs[1].steps_per_epoch, 4);
}
END_TEST

START_TEST(the_root_may_be_a_run)
{
    make_run("run", 16, correct_16);
    ck_assert_int_eq(comparison_add_below(&all, scratch_path("run"), stderr, message), 0);
    ck_assert_uint_eq(all.count, 1);
}
END_TEST

START_TEST(figures_come_with_the_epoch_of_the_best)
{
    make_two_runs();
    const compared_run *small = &all.runs[1];
    ck_assert_uint_eq(small->epochs, EPOCHS);
    ck_assert_double_eq(small->val_accuracy.final, 0.9935);
    ck_assert_double_eq(small->val_accuracy.best, 0.994);
    ck_assert_uint_eq(small->val_accuracy.best_epoch, 3);
    ck_assert_uint_eq(small->loss.best_epoch, EPOCHS);
    ck_assert_double_eq_tol(small->final_error, sqrt(0.9935 * 0.0065 / 10000), 1e-12);
}
END_TEST

START_TEST(costs_come_from_run_json)
{
    make_two_runs();
    ck_assert_double_eq(all.runs[0].seconds_per_epoch, 10);
    ck_assert_double_eq(all.runs[0].validation_seconds_per_epoch, 1);
    ck_assert_double_eq(all.runs[0].samples_per_second, 6.4);
    ck_assert_uint_eq(all.runs[0].record.memory.total, 69000);
}
END_TEST

START_TEST(the_target_is_reached_in_an_epoch_within_a_range)
{
    make_two_runs();
    ck_assert_uint_eq(all.runs[0].target_epoch, 3);
    ck_assert_uint_eq(all.runs[0].target_epoch_earliest, 2);
    ck_assert_uint_eq(all.runs[0].target_epoch_latest, 4);
    ck_assert_uint_eq(all.runs[1].target_epoch, 2);
    ck_assert_uint_eq(all.runs[1].target_epoch_earliest, 2);
    ck_assert_uint_eq(all.runs[1].target_epoch_latest, 3);
}
END_TEST

START_TEST(exactly_the_target_is_reached)
{
    static const uint32_t correct[EPOCHS] = {9899, 9900, 9899, 9899};
    make_run("run", 16, correct);
    compare_everything();
    ck_assert_uint_eq(all.runs[0].target_epoch, 2);
    ck_assert_uint_eq(all.runs[0].target_epoch_latest, 0);
}
END_TEST

START_TEST(each_question_has_its_winner)
{
    make_two_runs();
    const compared_run *large = &all.runs[0];
    const compared_run *small = &all.runs[1];
    comparison_answer answer = comparison_ask(&all, COMPARISON_FEWEST_EPOCHS);
    ck_assert_ptr_eq(answer.winner, small);
    ck_assert_ptr_eq(answer.next, large);
    ck_assert_double_eq(answer.winner_value, 2);
    ck_assert(answer.tie); /* 2 to 3 and 2 to 4 touch */
    answer = comparison_ask(&all, COMPARISON_FEWEST_SAMPLES);
    ck_assert_double_eq(answer.winner_value, 2 * SAMPLES);
    answer = comparison_ask(&all, COMPARISON_FEWEST_SECONDS);
    ck_assert_ptr_eq(answer.winner, large); /* 3 epochs of 10 s, against 2 of 20 s */
    ck_assert_double_eq(answer.winner_value, 30);
    ck_assert_double_eq(answer.next_value, 40);
    answer = comparison_ask(&all, COMPARISON_FIRST_LOSS);
    ck_assert_ptr_eq(answer.winner, small);
    ck_assert(!answer.tie);
    answer = comparison_ask(&all, COMPARISON_FINAL_ACCURACY);
    ck_assert_ptr_eq(answer.winner, small);
    ck_assert_double_eq(answer.winner_value, 0.9935);
    answer = comparison_ask(&all, COMPARISON_BEST_ACCURACY);
    ck_assert_double_eq(answer.winner_value, 0.994);
}
END_TEST

/* The standard error of each is about 10 images, of their difference about 14. */
START_TEST(accuracies_within_two_standard_errors_are_a_tie)
{
    static const uint32_t low[EPOCHS] = {9800, 9800, 9800, 9890};
    static const uint32_t near[EPOCHS] = {9800, 9800, 9800, 9915};
    static const uint32_t far[EPOCHS] = {9800, 9800, 9800, 9925};
    make_run("low", 64, low);
    make_run("high", 32, near);
    compare_everything();
    ck_assert(comparison_ask(&all, COMPARISON_FINAL_ACCURACY).tie);
    make_run("high", 32, far);
    compare_everything();
    ck_assert(!comparison_ask(&all, COMPARISON_FINAL_ACCURACY).tie);
}
END_TEST

START_TEST(a_run_that_never_converges_does_not_win_that)
{
    static const uint32_t never[EPOCHS] = {9000, 9000, 9000, 9000};
    make_run("never", 64, never);
    compare_everything();
    ck_assert_ptr_null(comparison_ask(&all, COMPARISON_FEWEST_EPOCHS).winner);
    ck_assert_ptr_nonnull(comparison_ask(&all, COMPARISON_FINAL_ACCURACY).winner);
    make_run("small", 16, correct_16);
    compare_everything();
    const comparison_answer answer = comparison_ask(&all, COMPARISON_FEWEST_EPOCHS);
    ck_assert_str_eq(answer.winner->name, "small");
    ck_assert_ptr_null(answer.next);
    ck_assert(!answer.tie);
}
END_TEST

START_TEST(an_unfinished_run_is_shown_but_answers_nothing)
{
    make_two_runs();
    set_state("runs/small", RUN_INTERRUPTED);
    compare_everything();
    ck_assert_uint_eq(all.count, 2);
    ck_assert_uint_eq(all.runs[1].epochs, EPOCHS);
    ck_assert_ptr_nonnull(strstr(all.runs[1].note, "not finished"));
    ck_assert_str_eq(comparison_ask(&all, COMPARISON_FINAL_ACCURACY).winner->name, "runs/large");
}
END_TEST

/* The path below scratch of the first event file of a part. */
static const char *event_file(const char *part)
{
    static char name[512];
    DIR *stream = opendir(scratch_path(part));
    ck_assert_ptr_nonnull(stream);
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] != '.') {
            snprintf(name, sizeof name, "%s/%s", part, entry->d_name);
        }
    }
    closedir(stream);
    return name;
}

START_TEST(a_torn_event_file_is_read_as_far_as_it_goes)
{
    make_two_runs();
    ck_assert_int_eq(truncate(scratch_path(event_file("runs/small/validation")), 700), 0);
    compare_everything();
    ck_assert_uint_lt(all.runs[1].epochs, EPOCHS);
    ck_assert_str_ne(all.runs[1].note, "");
    ck_assert_str_eq(all.runs[0].note, "");
}
END_TEST

START_TEST(event_files_that_the_run_does_not_name_are_not_read)
{
    char own[512];
    make_two_runs();
    const double loss = all.runs[1].loss.final;
    snprintf(own, sizeof own, "%s", scratch_path(event_file("runs/large/train")));
    ck_assert_int_eq(
        link(own, scratch_path("runs/small/train/events.out.tfevents.9999999999.other.1.0.v2")), 0);
    compare_everything();
    ck_assert_double_eq(all.runs[1].loss.final, loss);
}
END_TEST

START_TEST(a_run_without_event_files_has_no_figures)
{
    make_two_runs();
    ck_assert_int_eq(unlink(scratch_path(event_file("runs/small/train"))), 0);
    compare_everything();
    ck_assert_uint_eq(all.runs[1].epochs, 0);
    ck_assert_str_ne(all.runs[1].note, "");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    comparison_print(&all, out);
    ck_assert_int_eq(comparison_print_json(&all, out), 0);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "no epoch yet"));
    free(text);
}
END_TEST

START_TEST(a_damaged_record_is_told_and_left_out)
{
    char *warnings = NULL;
    size_t size = 0;
    make_two_runs();
    scratch_write("runs/small/run.json", "{");
    FILE *out = open_memstream(&warnings, &size);
    comparison_free(&all);
    ck_assert_int_eq(comparison_add_below(&all, scratch_path(""), out, message), 0);
    fclose(out);
    ck_assert_uint_eq(all.count, 1);
    ck_assert_ptr_nonnull(strstr(warnings, "runs/small/run.json is damaged"));
    free(warnings);
}
END_TEST

START_TEST(a_root_that_is_not_there_is_an_error)
{
    ck_assert_int_eq(comparison_add_below(&all, scratch_path("none"), stderr, message), -1);
    ck_assert_ptr_nonnull(strstr(message, "none cannot be read"));
}
END_TEST

START_TEST(the_table_fits_in_120_columns_and_says_ties)
{
    char *text = NULL;
    size_t size = 0;
    make_two_runs();
    FILE *out = open_memstream(&text, &size);
    comparison_print(&all, out);
    fclose(out);
    ck_assert_ptr_nonnull(
        strstr(text, "batch size 16: 2 epochs; next batch size 64: 3 epochs (a tie)"));
    ck_assert_ptr_nonnull(strstr(text, "batch size 64: 30.0 s; next batch size 16: 40.0 s"));
    ck_assert_ptr_nonnull(strstr(text, "batch size 16: 99.35 % ± 0.08"));
    ck_assert_ptr_nonnull(strstr(text, "2.00 times the time an epoch"));
    ck_assert_ptr_nonnull(strstr(text, "0.9935 0.9940 @3"));
    ck_assert_ptr_nonnull(strstr(text, "3 (2-4)"));
    char *rest = text;
    for (char *line = strtok_r(rest, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        ck_assert_msg(strlen(line) <= 120, "%s", line);
    }
    free(text);
}
END_TEST

START_TEST(json_has_the_same_numbers)
{
    char *text = NULL;
    size_t size = 0;
    make_two_runs();
    FILE *out = open_memstream(&text, &size);
    ck_assert_int_eq(comparison_print_json(&all, out), 0);
    fclose(out);
    json_t *root = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(root);
    const json_t *small = json_array_get(json_object_get(root, "runs"), 1);
    const json_t *answers = json_object_get(root, "answers");
    const json_t *final = json_object_get(answers, "final_val_accuracy");
    ck_assert_int_eq(json_integer_value(json_object_get(small, "batch_size")), 16);
    ck_assert_int_eq(json_integer_value(json_object_get(small, "peak_bytes")), 21000);
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(small, "to_target"), "epochs")), 2);
    ck_assert_double_eq(
        json_real_value(json_object_get(json_object_get(small, "val_accuracy"), "best")), 0.994);
    ck_assert_str_eq(json_string_value(json_object_get(final, "winner")), "runs/small");
    ck_assert_double_eq(json_real_value(json_object_get(final, "value")), 0.9935);
    ck_assert(json_is_true(json_object_get(final, "tie")));
    json_decref(root);
    free(text);
}
END_TEST

static void set_up(void)
{
    scratch_make();
    all = (comparison){0};
}

static void tear_down(void)
{
    comparison_free(&all);
    scratch_remove();
}

int main(void)
{
    Suite *suite = suite_create("comparison");
    TCase *comparing = tcase_create("comparing");
    tcase_add_checked_fixture(comparing, set_up, tear_down);
    tcase_add_test(comparing, runs_below_the_root_are_found_largest_batch_first);
    tcase_add_test(comparing, the_root_may_be_a_run);
    tcase_add_test(comparing, figures_come_with_the_epoch_of_the_best);
    tcase_add_test(comparing, costs_come_from_run_json);
    tcase_add_test(comparing, the_target_is_reached_in_an_epoch_within_a_range);
    tcase_add_test(comparing, exactly_the_target_is_reached);
    tcase_add_test(comparing, each_question_has_its_winner);
    tcase_add_test(comparing, accuracies_within_two_standard_errors_are_a_tie);
    tcase_add_test(comparing, a_run_that_never_converges_does_not_win_that);
    tcase_add_test(comparing, an_unfinished_run_is_shown_but_answers_nothing);
    tcase_add_test(comparing, a_torn_event_file_is_read_as_far_as_it_goes);
    tcase_add_test(comparing, event_files_that_the_run_does_not_name_are_not_read);
    tcase_add_test(comparing, a_run_without_event_files_has_no_figures);
    tcase_add_test(comparing, a_damaged_record_is_told_and_left_out);
    tcase_add_test(comparing, a_root_that_is_not_there_is_an_error);
    tcase_add_test(comparing, the_table_fits_in_120_columns_and_says_ties);
    tcase_add_test(comparing, json_has_the_same_numbers);
    suite_add_tcase(suite, comparing);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
