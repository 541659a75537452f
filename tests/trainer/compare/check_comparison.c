/* The comparison: what it computes from runs, how they stand to each other, and what it makes of
 * runs that are unfinished or damaged. openat is wrapped, so that a run can vanish, and lstat, so that
 * one cannot be looked at. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "comparison_runs.h"
#include "message.h"
#include "scratch.h"

int __real_openat(int directory, const char *name, int flags, ...);
int __wrap_openat(int directory, const char *name, int flags, ...);
int __real_lstat(const char *path, struct stat *status);
int __wrap_lstat(const char *path, struct stat *status);

static char message[MESSAGE_BYTES];
static const char *vanishing; /* once this file below scratch was opened it is removed; or NULL */
static const char *hidden;    /* what is below scratch and cannot be looked at; or NULL */

int __wrap_lstat(const char *path, struct stat *status)
{
    if (hidden != NULL && strcmp(path, scratch_path(hidden)) == 0) {
        errno = EIO;
        return -1;
    }
    return __real_lstat(path, status);
}

int __wrap_openat(int directory, const char *name, int flags, ...)
{
    const int fd = __real_openat(directory, name, flags, 0666);
    if (fd >= 0 && vanishing != NULL && strcmp(name, scratch_path(vanishing)) == 0) {
        unlink(name);
    }
    return fd;
}

/* The entry of a run in the answer to a question; the answer's length into *count. */
static comparison_entry entry_of(comparison_question question, const char *name, size_t *count)
{
    static comparison_entry entries[8];
    *count = comparison_ask(&all, question, entries);
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(entries[i].run->name, name) == 0) {
            return entries[i];
        }
    }
    return (comparison_entry){0};
}

/* Is the answer these runs in this order, NULL behind the last, standing so? */
static void assert_answer(comparison_question question, const char *const *names,
                          const comparison_standing *standings)
{
    comparison_entry entries[8];
    const size_t count = comparison_ask(&all, question, entries);
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_nonnull(names[i]);
        ck_assert_str_eq(entries[i].run->name, names[i]);
        ck_assert_int_eq(entries[i].standing, standings[i]);
    }
    ck_assert_ptr_null(names[count]);
}

#define ASSERT_RANGE(range, v, l, h)                                                               \
    do {                                                                                           \
        ck_assert_double_eq((range).value, (v));                                                   \
        ck_assert_double_eq((range).low, (l));                                                     \
        ck_assert_double_eq((range).high, (h));                                                    \
    } while (0)

START_TEST(a_run_that_vanishes_meanwhile_does_not_end_the_comparison)
{
    make_run("a/one", 8, NULL);
    make_run("a/two", 4, NULL);
    vanishing = "a/one/run.json";
    ck_assert_int_eq(comparison_add_below(&all, scratch_path("a"), stderr, message), 0);
    ck_assert(!scratch_exists(vanishing));
    ck_assert_uint_eq(all.count, 2); /* what was read counts */
    vanishing = NULL;
}
END_TEST

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
    const compared_range final = small->answers[COMPARISON_FINAL_ACCURACY];
    ck_assert_double_eq_tol(final.high - final.value, sqrt(0.9935 * 0.0065 / 10000), 1e-12);
    ck_assert_double_eq_tol(final.value - final.low, sqrt(0.9935 * 0.0065 / 10000), 1e-12);
}
END_TEST

START_TEST(costs_come_from_run_json)
{
    make_two_runs();
    ASSERT_RANGE(all.runs[0].seconds_per_epoch, 10, 10, 10);
    ASSERT_RANGE(all.runs[0].validation_seconds_per_epoch, 1, 1, 1);
    ck_assert_double_eq(all.runs[0].seconds, EPOCHS * 11);
    ck_assert_double_eq(all.runs[0].samples_per_second, 6.4);
    ck_assert_uint_eq(all.runs[0].record.memory.total, 69000);
}
END_TEST

START_TEST(an_epoch_disturbed_by_other_load_does_not_decide_what_an_epoch_costs)
{
    make_two_runs();
    set_seconds_but_first("runs/large", 10, 70);
    compare_everything();
    ASSERT_RANGE(all.runs[0].seconds_per_epoch, 10, 10, 70);
    ck_assert_double_eq(all.runs[0].samples_per_second, 6.4);
    ck_assert_double_eq(all.runs[0].seconds, 70 + 3 * 10 + EPOCHS);
    /* Epoch 3, and 2 to 4 within a standard error. */
    ASSERT_RANGE(all.runs[0].answers[COMPARISON_FEWEST_SECONDS], 3 * 10, 2 * 10, 4 * 70);
}
END_TEST

START_TEST(the_target_is_reached_in_an_epoch_within_a_range)
{
    make_two_runs();
    const compared_range *large = all.runs[0].answers;
    const compared_range *small = all.runs[1].answers;
    ASSERT_RANGE(large[COMPARISON_FEWEST_EPOCHS], 3, 2, 4);
    ASSERT_RANGE(large[COMPARISON_FEWEST_SAMPLES], 3 * SAMPLES, 2 * SAMPLES, 4 * SAMPLES);
    ASSERT_RANGE(large[COMPARISON_FEWEST_SECONDS], 30, 20, 40);
    ASSERT_RANGE(small[COMPARISON_FEWEST_EPOCHS], 2, 2, 3);
    ASSERT_RANGE(small[COMPARISON_FEWEST_SECONDS], 40, 40, 60);
}
END_TEST

START_TEST(exactly_the_target_is_reached)
{
    static const uint32_t correct[EPOCHS] = {9899, 9900, 9899, 9899};
    make_run("run", 16, correct);
    compare_everything();
    ASSERT_RANGE(all.runs[0].answers[COMPARISON_FEWEST_EPOCHS], 2, 1, INFINITY);
    ASSERT_RANGE(all.runs[0].answers[COMPARISON_FEWEST_SAMPLES], 2 * SAMPLES, SAMPLES, INFINITY);
    ck_assert(isinf(all.runs[0].answers[COMPARISON_FEWEST_SECONDS].high));
}
END_TEST

START_TEST(a_clean_winner_leaves_all_others_behind)
{
    make_three_runs();
    assert_answer(COMPARISON_FEWEST_EPOCHS, (const char *[]){"a", "c", "b", NULL},
                  (comparison_standing[]){COMPARISON_FIRST, COMPARISON_BEHIND, COMPARISON_BEHIND});
    assert_answer(COMPARISON_FEWEST_SAMPLES, (const char *[]){"a", "c", "b", NULL},
                  (comparison_standing[]){COMPARISON_FIRST, COMPARISON_BEHIND, COMPARISON_BEHIND});
}
END_TEST

START_TEST(every_run_that_cannot_be_told_apart_from_the_winner_is_named)
{
    make_three_runs();
    /* Seconds: b 9 (6 to 12), a 10 (10 to 10), c 20 (20 to 30). */
    assert_answer(COMPARISON_FEWEST_SECONDS, (const char *[]){"b", "a", "c", NULL},
                  (comparison_standing[]){COMPARISON_FIRST, COMPARISON_UNSURE, COMPARISON_BEHIND});
    set_seconds("c", 6); /* 12 (12 to 18) touches b's range */
    compare_everything();
    assert_answer(COMPARISON_FEWEST_SECONDS, (const char *[]){"b", "a", "c", NULL},
                  (comparison_standing[]){COMPARISON_FIRST, COMPARISON_UNSURE, COMPARISON_UNSURE});
}
END_TEST

/* a and c both need 2 epochs. b, with 3, touches the range of c only. */
START_TEST(an_exact_tie_names_all_as_equals)
{
    static const uint32_t sharply_in_2[EPOCHS] = {9800, 9950, 9950, 9950};
    static const uint32_t sharply_in_3[EPOCHS] = {9800, 9800, 9950, 9950};
    make_run("a", 64, sharply_in_2);
    make_run("b", 32, sharply_in_3);
    make_run("c", 16, correct_16);
    compare_everything();
    assert_answer(COMPARISON_FEWEST_EPOCHS, (const char *[]){"a", "c", "b", NULL},
                  (comparison_standing[]){COMPARISON_EQUAL, COMPARISON_EQUAL, COMPARISON_UNSURE});
    assert_answer(COMPARISON_FINAL_ACCURACY, (const char *[]){"a", "b", "c", NULL},
                  (comparison_standing[]){COMPARISON_EQUAL, COMPARISON_EQUAL, COMPARISON_UNSURE});
}
END_TEST

/* The standard error of each is about 10 images, of a difference about 14. */
START_TEST(accuracies_within_two_standard_errors_cannot_be_told_apart)
{
    static const uint32_t low[EPOCHS] = {9800, 9800, 9800, 9890};
    static const uint32_t near[EPOCHS] = {9800, 9800, 9800, 9900};
    static const uint32_t high[EPOCHS] = {9800, 9800, 9800, 9925};
    make_run("low", 64, low);
    make_run("near", 32, near);
    make_run("high", 16, high);
    compare_everything();
    assert_answer(COMPARISON_FINAL_ACCURACY, (const char *[]){"high", "near", "low", NULL},
                  (comparison_standing[]){COMPARISON_FIRST, COMPARISON_UNSURE, COMPARISON_BEHIND});
    assert_answer(COMPARISON_BEST_ACCURACY, (const char *[]){"high", "near", "low", NULL},
                  (comparison_standing[]){COMPARISON_FIRST, COMPARISON_UNSURE, COMPARISON_BEHIND});
}
END_TEST

START_TEST(of_the_first_epochs_loss_no_error_is_known)
{
    size_t count;
    make_three_runs();
    assert_answer(
        COMPARISON_FIRST_LOSS, (const char *[]){"c", "b", "a", NULL},
        (comparison_standing[]){COMPARISON_FIRST, COMPARISON_UNKNOWN, COMPARISON_UNKNOWN});
    ck_assert(isnan(entry_of(COMPARISON_FIRST_LOSS, "c", &count).answer.low));
    ck_assert(isnan(entry_of(COMPARISON_FIRST_LOSS, "c", &count).answer.high));
}
END_TEST

START_TEST(a_run_that_never_converges_does_not_win_that)
{
    static const uint32_t never[EPOCHS] = {9000, 9000, 9000, 9000};
    size_t count;
    make_run("never", 64, never);
    compare_everything();
    assert_answer(COMPARISON_FEWEST_EPOCHS, (const char *[]){NULL}, NULL);
    entry_of(COMPARISON_FINAL_ACCURACY, "never", &count);
    ck_assert_uint_eq(count, 1);
    make_run("small", 16, correct_16);
    compare_everything();
    assert_answer(COMPARISON_FEWEST_EPOCHS, (const char *[]){"small", NULL},
                  (comparison_standing[]){COMPARISON_FIRST});
}
END_TEST

/* One standard error better, it would have been there in epoch 2 as c is. */
START_TEST(a_run_that_just_misses_the_target_cannot_be_told_apart)
{
    static const uint32_t nearly[EPOCHS] = {9800, 9895, 9895, 9895};
    make_run("nearly", 64, nearly);
    compare_everything();
    assert_answer(COMPARISON_FEWEST_EPOCHS, (const char *[]){NULL}, NULL);
    make_run("c", 16, correct_16);
    compare_everything();
    ASSERT_RANGE(all.runs[0].answers[COMPARISON_FEWEST_SAMPLES], INFINITY, 2 * SAMPLES, INFINITY);
    assert_answer(COMPARISON_FEWEST_EPOCHS, (const char *[]){"c", "nearly", NULL},
                  (comparison_standing[]){COMPARISON_FIRST, COMPARISON_UNSURE});
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
    assert_answer(COMPARISON_FINAL_ACCURACY, (const char *[]){"runs/large", NULL},
                  (comparison_standing[]){COMPARISON_FIRST});
}
END_TEST

/* A run that diverged after its third epoch, where it was the best. */
static void make_diverged(const char *name, uint32_t batch_size)
{
    make_run_with(name, batch_size,
                  (fake_engine_plan){.val_correct = correct_early,
                                     .diverged_loss = NAN,
                                     .val_diverges_at_step = EPOCHS * SAMPLES / batch_size});
}

START_TEST(a_diverged_run_is_shown_but_answers_nothing)
{
    make_diverged("best", 32);
    make_run("runs/small", 16, correct_16);
    compare_everything();
    ck_assert_uint_eq(all.count, 2);
    ck_assert_uint_eq(comparison_diverged(&all), 1);
    ck_assert_uint_eq(all.runs[0].epochs, EPOCHS);
    ck_assert_str_eq(all.runs[0].note, "diverged at step 2 of epoch 4");
    for (comparison_question q = 0; q < COMPARISON_QUESTIONS; q++) {
        assert_answer(q, (const char *[]){"runs/small", NULL},
                      (comparison_standing[]){COMPARISON_FIRST});
    }
}
END_TEST

/* Earlier versions called such a run finished. */
START_TEST(a_finished_run_with_a_loss_that_is_no_number_is_a_diverged_one)
{
    make_diverged("best", 32);
    set_state("best", RUN_FINISHED);
    make_run("runs/small", 16, correct_16);
    compare_everything();
    ck_assert_int_eq(all.runs[0].record.state, RUN_DIVERGED);
    assert_answer(COMPARISON_FINAL_ACCURACY, (const char *[]){"runs/small", NULL},
                  (comparison_standing[]){COMPARISON_FIRST});
}
END_TEST

START_TEST(a_run_that_diverges_with_another_seed_is_never_first)
{
    make_diverged("a", 64);
    make_run("b", 64, correct_early);
    make_run("c", 32, correct_64);
    make_run("d", 16, correct_16);
    compare_everything();
    assert_answer(
        COMPARISON_FEWEST_EPOCHS, (const char *[]){"d", "c", "b", NULL},
        (comparison_standing[]){COMPARISON_FIRST, COMPARISON_UNSURE, COMPARISON_UNRELIABLE});
    assert_answer(
        COMPARISON_FIRST_LOSS, (const char *[]){"d", "c", "b", NULL},
        (comparison_standing[]){COMPARISON_FIRST, COMPARISON_UNKNOWN, COMPARISON_UNRELIABLE});
    compared_batch_size sizes[4];
    ck_assert_uint_eq(comparison_by_batch_size(&all, sizes), 3);
    ck_assert_uint_eq(sizes[0].runs, 1);
    ck_assert_uint_eq(sizes[0].diverged, 1);
    ck_assert_uint_eq(sizes[1].diverged, 0);
}
END_TEST

START_TEST(where_every_batch_size_diverged_with_a_seed_nobody_is_first)
{
    make_diverged("a", 64);
    make_run("b", 64, correct_early);
    make_run("c", 64, correct_16);
    compare_everything();
    assert_answer(COMPARISON_FEWEST_EPOCHS, (const char *[]){"b", "c", NULL},
                  (comparison_standing[]){COMPARISON_UNRELIABLE, COMPARISON_UNRELIABLE});
}
END_TEST

START_TEST(a_batch_size_whose_seeds_all_diverged_is_counted)
{
    compared_batch_size sizes[2];
    make_diverged("a", 64);
    make_diverged("b", 64);
    compare_everything();
    ck_assert_uint_eq(comparison_by_batch_size(&all, sizes), 1);
    ck_assert_uint_eq(sizes[0].runs, 0);
    ck_assert_uint_eq(sizes[0].diverged, 2);
    ck_assert(isnan(sizes[0].final_accuracy.value));
    assert_answer(COMPARISON_FINAL_ACCURACY, (const char *[]){NULL}, NULL);
}
END_TEST

/* It says nothing of other settings that it diverged with these. */
START_TEST(a_run_that_diverged_with_another_learning_rate_demotes_nobody)
{
    make_diverged("a", 64);
    set_learning_rate("a", 1e3);
    make_run("b", 64, correct_early);
    compare_everything();
    assert_answer(COMPARISON_FEWEST_EPOCHS, (const char *[]){"b", NULL},
                  (comparison_standing[]){COMPARISON_FIRST});
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

START_TEST(the_end_of_a_file_that_is_still_written_is_nothing_wrong)
{
    static const struct {
        run_state state;
        bool is_noted;
    } cases[] = {{RUN_RUNNING, false}, {RUN_INTERRUPTED, true}};
    run_record record;
    run_curves curves;
    make_two_runs();
    ck_assert_int_eq(truncate(scratch_path(event_file("runs/small/validation")), 700), 0);
    ck_assert_int_eq(run_record_read(&record, scratch_path("runs/small"), message),
                     RUN_RECORD_READ);
    for (size_t i = 0; i < 2; i++) {
        record.state = cases[i].state;
        ck_assert_int_eq(run_reader_read(&curves, scratch_path("runs/small"), &record, message), 0);
        ck_assert_int_eq(curves.note[0] != '\0', cases[i].is_noted);
        run_curves_free(&curves);
    }
    run_record_free(&record);
}
END_TEST

START_TEST(names_that_are_not_utf_8_are_replaced)
{
    make_run("runs/caf\xe9\x1b[2J", 16, correct_16);
    compare_everything();
    ck_assert_str_eq(all.runs[0].name, "runs/caf\xef\xbf\xbd?[2J");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert_int_eq(comparison_print_json(&all, out), 0);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "caf\xef\xbf\xbd"));
    free(text);
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
    ck_assert_int_eq(comparison_print(&all, out), 0);
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

START_TEST(a_run_that_cannot_be_looked_at_is_told_and_left_out)
{
    char *warnings = NULL;
    size_t size = 0;
    make_two_runs();
    hidden = "runs/small";
    FILE *out = open_memstream(&warnings, &size);
    comparison_free(&all);
    ck_assert_int_eq(comparison_add_below(&all, scratch_path("runs"), out, message), 0);
    fclose(out);
    ck_assert_uint_eq(all.count, 1);
    ck_assert_ptr_nonnull(
        strstr(warnings, "runs/small cannot be read: Input/output error; it is left out"));
    free(warnings);
    hidden = NULL;
}
END_TEST

START_TEST(a_root_that_is_not_there_is_an_error)
{
    ck_assert_int_eq(comparison_add_below(&all, scratch_path("none"), stderr, message), -1);
    ck_assert_ptr_nonnull(strstr(message, "none cannot be read"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("comparison");
    TCase *comparing = tcase_create("comparing");
    tcase_add_checked_fixture(comparing, comparison_set_up, comparison_tear_down);
    tcase_add_test(comparing, a_run_that_vanishes_meanwhile_does_not_end_the_comparison);
    tcase_add_test(comparing, runs_below_the_root_are_found_largest_batch_first);
    tcase_add_test(comparing, the_root_may_be_a_run);
    tcase_add_test(comparing, figures_come_with_the_epoch_of_the_best);
    tcase_add_test(comparing, costs_come_from_run_json);
    tcase_add_test(comparing, an_epoch_disturbed_by_other_load_does_not_decide_what_an_epoch_costs);
    tcase_add_test(comparing, the_target_is_reached_in_an_epoch_within_a_range);
    tcase_add_test(comparing, exactly_the_target_is_reached);
    tcase_add_test(comparing, a_clean_winner_leaves_all_others_behind);
    tcase_add_test(comparing, every_run_that_cannot_be_told_apart_from_the_winner_is_named);
    tcase_add_test(comparing, an_exact_tie_names_all_as_equals);
    tcase_add_test(comparing, accuracies_within_two_standard_errors_cannot_be_told_apart);
    tcase_add_test(comparing, of_the_first_epochs_loss_no_error_is_known);
    tcase_add_test(comparing, a_run_that_never_converges_does_not_win_that);
    tcase_add_test(comparing, a_run_that_just_misses_the_target_cannot_be_told_apart);
    tcase_add_test(comparing, an_unfinished_run_is_shown_but_answers_nothing);
    tcase_add_test(comparing, a_diverged_run_is_shown_but_answers_nothing);
    tcase_add_test(comparing, a_finished_run_with_a_loss_that_is_no_number_is_a_diverged_one);
    tcase_add_test(comparing, a_run_that_diverges_with_another_seed_is_never_first);
    tcase_add_test(comparing, where_every_batch_size_diverged_with_a_seed_nobody_is_first);
    tcase_add_test(comparing, a_batch_size_whose_seeds_all_diverged_is_counted);
    tcase_add_test(comparing, a_run_that_diverged_with_another_learning_rate_demotes_nobody);
    tcase_add_test(comparing, a_torn_event_file_is_read_as_far_as_it_goes);
    tcase_add_test(comparing, the_end_of_a_file_that_is_still_written_is_nothing_wrong);
    tcase_add_test(comparing, names_that_are_not_utf_8_are_replaced);
    tcase_add_test(comparing, event_files_that_the_run_does_not_name_are_not_read);
    tcase_add_test(comparing, a_run_without_event_files_has_no_figures);
    tcase_add_test(comparing, a_damaged_record_is_told_and_left_out);
    tcase_add_test(comparing, a_run_that_cannot_be_looked_at_is_told_and_left_out);
    tcase_add_test(comparing, a_root_that_is_not_there_is_an_error);
    suite_add_tcase(suite, comparing);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
