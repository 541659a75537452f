/* The comparison's runs: where they are found, which figures are computed, and how unfinished or
 * damaged runs are treated. The fake engine trains them in the scratch directory. openat is wrapped
 * so that a run can vanish, and lstat so that it can fail for one run. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "comparison.h"
#include "fake_engine.h"
#include "message.h"
#include "run_loop.h"
#include "run_reader.h"
#include "scratch.h"

int __real_openat(int directory, const char *name, int flags, ...);
int __wrap_openat(int directory, const char *name, int flags, ...);
int __real_lstat(const char *path, struct stat *status);
int __wrap_lstat(const char *path, struct stat *status);

enum { SAMPLES = 64, VALIDATION_SAMPLES = 10000, EPOCHS = 4 };

static char message[MESSAGE_BYTES];
static comparison all; /* all runs in the scratch directory, since the last compare_everything */
static const char *vanishing; /* this file below scratch is removed after it was opened; or NULL */
static const char *hidden;    /* lstat fails for this path below scratch; or NULL */

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

/* The validation results of runs. */
static const uint32_t correct_64[EPOCHS] = {9800, 9893, 9905, 9920};
static const uint32_t correct_16[EPOCHS] = {9850, 9901, 9940, 9935};

/* Trains a run with these validation results and the fake engine's losses, which fall with every
 * step. */
static void make_run_with(const char *name, uint32_t batch_size, fake_engine_plan plan)
{
    static uint8_t images[VALIDATION_SAMPLES * LENET_IMAGE_PIXELS];
    static uint8_t labels[VALIDATION_SAMPLES];
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
                         .runs_at_once = 1,
                         .display = &display};
    run_record record;
    fake_engine_plan_now = plan;
    ck_assert_int_eq(run_loop(&job, &record, message), OUTCOME_DONE);
    run_record_free(&record);
}

static void make_run(const char *name, uint32_t batch_size, const uint32_t *val_correct)
{
    make_run_with(name, batch_size, (fake_engine_plan){.val_correct = val_correct});
}

/* Writes each epoch's seconds of training, and those of the first, into run.json. */
static void set_seconds_but_first(const char *name, double seconds, double first)
{
    run_record record;
    ck_assert_int_eq(run_record_read(&record, scratch_path(name), message), FILE_READ);
    for (uint32_t i = 0; i < record.epoch_count; i++) {
        record.epochs[i].training_seconds = i == 0 ? first : seconds;
        record.epochs[i].validation_seconds = 1;
    }
    ck_assert_int_eq(scratch_write_record(name, &record, message), 0);
    run_record_free(&record);
}

static void set_state(const char *name, run_state state)
{
    run_record record;
    ck_assert_int_eq(run_record_read(&record, scratch_path(name), message), FILE_READ);
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

/* runs/large with batch size 64 and 10 s an epoch, runs/small with 16 and 20 s; compared. */
static void make_two_runs(void)
{
    make_run("runs/small", 16, correct_16);
    make_run("runs/large", 64, correct_64);
    set_seconds_but_first("runs/small", 20, 20);
    set_seconds_but_first("runs/large", 10, 10);
    compare_everything();
}

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

START_TEST(a_run_that_vanishes_meanwhile_does_not_end_the_comparison)
{
    make_run("a/one", 8, NULL);
    make_run("a/two", 4, NULL);
    vanishing = "a/one/run.json";
    ck_assert_int_eq(comparison_add_below(&all, scratch_path("a"), stderr, message), 0);
    ck_assert(!scratch_exists(vanishing));
    ck_assert_uint_eq(all.count, 2); /* values that were read before count */
    vanishing = NULL;
}
END_TEST

START_TEST(runs_below_the_root_are_found_largest_batch_first)
{
    make_two_runs();
    ck_assert_uint_eq(all.count, 2);
    ck_assert_str_eq(all.runs[0].name, "runs/large");
    ck_assert_str_eq(all.runs[1].name, "runs/small");
}
END_TEST

START_TEST(runs_of_one_batch_size_come_by_rate_and_seed)
{
    static const struct {
        double learning_rate;
        uint64_t seed;
    } order[] = {{1e-3, 0}, {1e-3, 7}, {2e-3, 0}};
    for (size_t i = 3; i-- > 0;) {
        run_record record;
        const char *name = (const char *[]){"x", "c", "b"}[i];
        make_run(name, 16, correct_16);
        ck_assert_int_eq(run_record_read(&record, scratch_path(name), message), FILE_READ);
        record.config.learning_rate = order[i].learning_rate;
        record.config.seed = order[i].seed;
        ck_assert_int_eq(scratch_write_record(name, &record, message), 0);
        run_record_free(&record);
    }
    compare_everything();
    for (size_t i = 0; i < 3; i++) {
        ck_assert_double_eq(all.runs[i].record.config.learning_rate, order[i].learning_rate);
        ck_assert_uint_eq(all.runs[i].record.config.seed, order[i].seed);
    }
}
END_TEST

START_TEST(the_root_may_be_a_run)
{
    make_run("run", 16, correct_16);
    ck_assert_int_eq(comparison_add_below(&all, scratch_path("run"), stderr, message), 0);
    ck_assert_uint_eq(all.count, 1);
}
END_TEST

START_TEST(runs_below_several_roots_are_named_with_them)
{
    make_run("a/run", 16, correct_16);
    make_run("b/run", 16, correct_16);
    all.names_roots = true;
    ck_assert_int_eq(comparison_add_below(&all, scratch_path("a"), stderr, message), 0);
    ck_assert_int_eq(comparison_add_below(&all, scratch_path("b"), stderr, message), 0);
    ck_assert_uint_eq(all.count, 2);
    ck_assert_str_eq(all.runs[0].name, scratch_path("a/run"));
    ck_assert_str_eq(all.runs[1].name, scratch_path("b/run"));
}
END_TEST

START_TEST(figures_come_with_the_epoch_of_the_best)
{
    make_two_runs();
    const compared_run *small = &all.runs[1];
    ck_assert_uint_eq(small->record.epoch_count, EPOCHS);
    ck_assert_double_eq(small->val_accuracy.final, 0.9935);
    ck_assert_double_eq(small->val_accuracy.best, 0.994);
    ck_assert_uint_eq(small->val_accuracy.best_epoch, 3);
    ck_assert_uint_eq(small->loss.best_epoch, EPOCHS);
}
END_TEST

START_TEST(costs_come_from_run_json)
{
    make_two_runs();
    const compared_run *large = &all.runs[0];
    ck_assert_double_eq(large->seconds_per_epoch, 10);
    ck_assert_double_eq(large->seconds, EPOCHS * 11);
    ck_assert_double_eq(compared_run_samples_per_second(large), 6.4);
    ck_assert_uint_eq(large->record.memory.total, 69000);
}
END_TEST

START_TEST(an_epoch_disturbed_by_other_load_does_not_decide_what_an_epoch_costs)
{
    make_two_runs();
    set_seconds_but_first("runs/large", 10, 70);
    compare_everything();
    const compared_run *large = &all.runs[0];
    ck_assert_double_eq(large->seconds_per_epoch, 10);
    ck_assert_double_eq(large->fastest_epoch, 10);
    ck_assert_double_eq(large->slowest_epoch, 70);
    ck_assert_double_eq(large->seconds, 70 + 3 * 10 + EPOCHS);
    ck_assert_double_eq(compared_run_seconds_to(large, 0.99), 70 + 10 + 10);
}
END_TEST

START_TEST(a_target_is_reached_in_the_first_epoch_that_has_exactly_it_or_more)
{
    static const uint32_t correct[EPOCHS] = {9899, 9900, 9899, 9901};
    make_run("run", 16, correct);
    set_seconds_but_first("run", 3, 2);
    compare_everything();
    ck_assert_double_eq(compared_run_epochs_to(&all.runs[0], 0.99), 2);
    ck_assert_double_eq(compared_run_seconds_to(&all.runs[0], 0.99), 5);
    ck_assert_double_eq(compared_run_epochs_to(&all.runs[0], 0.9901), 4);
    ck_assert(isinf(compared_run_epochs_to(&all.runs[0], 0.9902)));
    ck_assert(isinf(compared_run_seconds_to(&all.runs[0], 0.9902)));
}
END_TEST

START_TEST(an_unfinished_run_is_noted_and_does_not_count)
{
    make_two_runs();
    set_state("runs/small", RUN_INTERRUPTED);
    compare_everything();
    ck_assert_uint_eq(all.count, 2);
    ck_assert_str_eq(all.runs[1].note, "not finished (interrupted): 4 of 4 epochs");
    ck_assert(!compared_run_counts(&all.runs[1]));
    ck_assert(compared_run_counts(&all.runs[0]));
}
END_TEST

/* A run that diverged in its fourth epoch. */
static void make_diverged(const char *name, uint32_t batch_size)
{
    make_run_with(name, batch_size,
                  (fake_engine_plan){.val_correct = correct_64,
                                     .diverged_loss = NAN,
                                     .val_diverges_at_step = EPOCHS * SAMPLES / batch_size});
}

START_TEST(a_diverged_run_is_noted_and_does_not_count)
{
    make_diverged("run", 32);
    compare_everything();
    ck_assert_uint_eq(all.runs[0].record.epoch_count, EPOCHS);
    ck_assert_str_eq(all.runs[0].note, "diverged at step 2 of epoch 4");
    ck_assert(!compared_run_counts(&all.runs[0]));
}
END_TEST

/* Earlier versions called such a run finished. */
START_TEST(a_finished_run_with_a_loss_that_is_no_number_is_a_diverged_one)
{
    make_diverged("run", 32);
    set_state("run", RUN_FINISHED);
    compare_everything();
    ck_assert_int_eq(all.runs[0].record.state, RUN_DIVERGED);
    ck_assert(!compared_run_counts(&all.runs[0]));
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

static void check_everything(void)
{
    comparison_free(&all);
    all.checks = true;
    ck_assert_msg(comparison_add_below(&all, scratch_path(""), stderr, message) == 0, "%s",
                  message);
    comparison_sort(&all);
}

START_TEST(event_files_are_read_only_to_check_them)
{
    make_two_runs();
    ck_assert_int_eq(truncate(scratch_path(event_file("runs/small/validation")), 700), 0);
    compare_everything();
    ck_assert_str_eq(all.runs[1].note, "");
    check_everything();
    ck_assert_ptr_nonnull(strstr(all.runs[1].note, "validation/events.out.tfevents."));
    ck_assert_str_eq(all.runs[0].note, "");
    ck_assert_double_eq(all.runs[1].val_accuracy.final, 0.9935); /* as in run.json */
}
END_TEST

START_TEST(a_run_that_is_noted_already_keeps_its_note_where_its_event_files_are_damaged)
{
    make_diverged("run", 32);
    ck_assert_int_eq(truncate(scratch_path(event_file("run/train")), 300), 0);
    check_everything();
    ck_assert_ptr_nonnull(
        strstr(all.runs[0].note, "diverged at step 2 of epoch 4; train/events.out."));
}
END_TEST

START_TEST(other_figures_in_event_files_are_noted)
{
    run_record record;
    make_two_runs();
    ck_assert_int_eq(run_record_read(&record, scratch_path("runs/small"), message), FILE_READ);
    record.epochs[2].val_accuracy = 0.9941;
    ck_assert_int_eq(scratch_write_record("runs/small", &record, message), 0);
    run_record_free(&record);
    check_everything();
    ck_assert_str_eq(all.runs[1].note,
                     "its event files have other figures of epoch 3 than run.json");
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
    ck_assert_int_eq(run_record_read(&record, scratch_path("runs/small"), message), FILE_READ);
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
}
END_TEST

START_TEST(event_files_that_the_run_does_not_name_are_not_read)
{
    char own[512];
    make_two_runs();
    snprintf(own, sizeof own, "%s", scratch_path(event_file("runs/large/train")));
    ck_assert_int_eq(
        link(own, scratch_path("runs/small/train/events.out.tfevents.9999999999.other.1.0.v2")), 0);
    check_everything();
    ck_assert_str_eq(all.runs[1].note, "");
}
END_TEST

START_TEST(a_run_without_event_files_has_its_figures_and_is_noted)
{
    make_two_runs();
    ck_assert_int_eq(unlink(scratch_path(event_file("runs/small/train"))), 0);
    check_everything();
    ck_assert_double_eq(all.runs[1].val_accuracy.final, 0.9935);
    ck_assert_ptr_nonnull(strstr(all.runs[1].note, "it is missing"));
}
END_TEST

START_TEST(a_damaged_record_is_reported_and_left_out)
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

START_TEST(a_run_that_cannot_be_looked_at_is_reported_and_left_out)
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
    tcase_add_checked_fixture(comparing, set_up, tear_down);
    tcase_add_test(comparing, a_run_that_vanishes_meanwhile_does_not_end_the_comparison);
    tcase_add_test(comparing, runs_below_the_root_are_found_largest_batch_first);
    tcase_add_test(comparing, runs_of_one_batch_size_come_by_rate_and_seed);
    tcase_add_test(comparing, the_root_may_be_a_run);
    tcase_add_test(comparing, runs_below_several_roots_are_named_with_them);
    tcase_add_test(comparing, figures_come_with_the_epoch_of_the_best);
    tcase_add_test(comparing, costs_come_from_run_json);
    tcase_add_test(comparing, an_epoch_disturbed_by_other_load_does_not_decide_what_an_epoch_costs);
    tcase_add_test(comparing, a_target_is_reached_in_the_first_epoch_that_has_exactly_it_or_more);
    tcase_add_test(comparing, an_unfinished_run_is_noted_and_does_not_count);
    tcase_add_test(comparing, a_diverged_run_is_noted_and_does_not_count);
    tcase_add_test(comparing, a_finished_run_with_a_loss_that_is_no_number_is_a_diverged_one);
    tcase_add_test(comparing, event_files_are_read_only_to_check_them);
    tcase_add_test(comparing,
                   a_run_that_is_noted_already_keeps_its_note_where_its_event_files_are_damaged);
    tcase_add_test(comparing, other_figures_in_event_files_are_noted);
    tcase_add_test(comparing, the_end_of_a_file_that_is_still_written_is_nothing_wrong);
    tcase_add_test(comparing, names_that_are_not_utf_8_are_replaced);
    tcase_add_test(comparing, event_files_that_the_run_does_not_name_are_not_read);
    tcase_add_test(comparing, a_run_without_event_files_has_its_figures_and_is_noted);
    tcase_add_test(comparing, a_damaged_record_is_reported_and_left_out);
    tcase_add_test(comparing, a_run_that_cannot_be_looked_at_is_reported_and_left_out);
    tcase_add_test(comparing, a_root_that_is_not_there_is_an_error);
    suite_add_tcase(suite, comparing);
    return run_suite(suite);
}
