/* What a directory may contain before a run, and what may be replaced. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "model_files.h"
#include "run_directory_fixture.h"
#include "scratch.h"

/* Asserts that the directory is refused even with --overwrite, for a reason with these words. */
static void assert_no_place(const char *name, const char *words)
{
    ck_assert_int_eq(judge(name, RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_REFUSED);
    ck_assert_msg(strstr(message, words) != NULL, "%s", message);
}

START_TEST(an_absent_or_empty_directory_is_usable)
{
    ck_assert_int_eq(judge("none", RUN_DIRECTORY_REPLACE_NONE), RUN_DIRECTORY_USABLE);
    scratch_make_directory("empty/train");
    ck_assert_int_eq(judge("empty", RUN_DIRECTORY_REPLACE_NONE), RUN_DIRECTORY_USABLE);
    scratch_write("notes/todo.txt", "a user's");
    ck_assert_int_eq(judge("notes", RUN_DIRECTORY_REPLACE_NONE), RUN_DIRECTORY_USABLE);
}
END_TEST

START_TEST(a_run_is_judged_by_what_may_be_replaced)
{
    write_run();
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_REPLACE_NONE), RUN_DIRECTORY_REFUSED);
    ck_assert_ptr_nonnull(strstr(message, "batch size 4, 1 of 1 epochs, finished"));
    ck_assert_ptr_nonnull(strstr(message, "--overwrite"));
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_CONTINUE), RUN_DIRECTORY_FINISHED);
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_USABLE);
    write_run_in_state(RUN_INTERRUPTED);
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_REPLACE_NONE), RUN_DIRECTORY_REFUSED);
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_CONTINUE), RUN_DIRECTORY_USABLE);
}
END_TEST

START_TEST(a_diverged_run_is_replaced_only_when_any_may_be)
{
    write_run_in_state(RUN_DIVERGED);
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_REPLACE_NONE), RUN_DIRECTORY_REFUSED);
    ck_assert_ptr_nonnull(strstr(message, "0 of 1 epochs, diverged); --overwrite replaces it"));
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_CONTINUE), RUN_DIRECTORY_DIVERGED);
    ck_assert_ptr_nonnull(strstr(message, "a diverged run of this configuration"));
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_USABLE);
}
END_TEST

START_TEST(a_run_that_died_after_it_diverged_has_diverged)
{
    run_record there;
    const run_record record = {.state = RUN_RUNNING, .diverged_at_step = 2, .config = config};
    scratch_make_directory("run");
    ck_assert_int_eq(scratch_write_record("run", &record, message), 0);
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_CONTINUE), RUN_DIRECTORY_DIVERGED);
    ck_assert_int_eq(run_directory_read(scratch_path("run"), &there, message), FILE_READ);
    ck_assert_int_eq(there.state, RUN_DIVERGED);
    run_record_free(&there);
    run_record_free(&there);
}
END_TEST

START_TEST(an_unfinished_run_of_another_configuration_is_refused)
{
    run_record record = {.state = RUN_INTERRUPTED, .config = config};
    record.config.seed = 9;
    scratch_make_directory("run");
    ck_assert_int_eq(scratch_write_record("run", &record, message), 0);
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_CONTINUE), RUN_DIRECTORY_REFUSED);
    ck_assert_ptr_nonnull(strstr(message, "seed 9 instead of 0"));
}
END_TEST

START_TEST(a_run_is_continued_with_as_many_epochs_as_it_has_or_more)
{
    run_config other = config;
    write_run();
    other.epochs = 2;
    ck_assert_int_eq(
        run_directory_judge(scratch_path("run"), &other, RUN_DIRECTORY_CONTINUE, message),
        RUN_DIRECTORY_USABLE);
    other.seed = 9;
    ck_assert_int_eq(
        run_directory_judge(scratch_path("run"), &other, RUN_DIRECTORY_CONTINUE, message),
        RUN_DIRECTORY_REFUSED);
    ck_assert_ptr_nonnull(strstr(message, "seed 0 instead of 9"));
}
END_TEST

/* Its points and its state may be further than its last epoch. So the run can end with fewer epochs
 * than planned only if the next epoch cannot have begun. */
START_TEST(an_interrupted_run_does_not_end_before_an_epoch_that_may_have_begun)
{
    run_config other = config;
    run_record record = {.state = RUN_INTERRUPTED, .config = config};
    record.config.epochs = 3;
    ck_assert_int_eq(run_record_add_epoch(&record, &(epoch_figures){.loss = 1}), 0);
    scratch_make_directory("run");
    ck_assert_int_eq(scratch_write_record("run", &record, message), 0);
    run_record_free(&record);
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_CONTINUE), RUN_DIRECTORY_REFUSED);
    ck_assert_msg(strstr(message, "has 1 of 3 epochs and may have steps of the next one") != NULL,
                  "%s", message);
    other.epochs = 2;
    ck_assert_int_eq(
        run_directory_judge(scratch_path("run"), &other, RUN_DIRECTORY_CONTINUE, message),
        RUN_DIRECTORY_USABLE);
}
END_TEST

START_TEST(a_run_with_a_damaged_record_is_replaced_only_when_any_may_be)
{
    write_run();
    scratch_write("run/run.json", "{");
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_CONTINUE), RUN_DIRECTORY_REFUSED);
    ck_assert_ptr_nonnull(strstr(message, "run.json is damaged"));
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_USABLE);
}
END_TEST

/* Its contents are unknown, so it is unknown which event files are the run's. */
START_TEST(a_run_whose_record_cannot_be_read_is_not_replaced)
{
    run_directory *directory;
    write_run();
    reading_fails = true;
    const run_directory_verdict continued = judge("run", RUN_DIRECTORY_CONTINUE);
    const run_directory_verdict replaced = judge("run", RUN_DIRECTORY_REPLACE_ANY);
    reading_fails = false;
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_REPLACE_ANY), 0);
    reading_fails = true;
    const int cleared = run_directory_clear(directory, message);
    reading_fails = false;
    ck_assert_int_eq(continued, RUN_DIRECTORY_REFUSED);
    ck_assert_int_eq(replaced, RUN_DIRECTORY_REFUSED);
    ck_assert_int_eq(cleared, -1);
    ck_assert_msg(strstr(message, "run.json cannot be read: Input/output error") != NULL, "%s",
                  message);
    ck_assert(scratch_exists("run/run.json"));
    ck_assert(scratch_exists(TRAINING_EVENTS));
    run_directory_close(directory);
}
END_TEST

/* A sweep judges all its runs before the first; the last may begin an hour later. */
START_TEST(opening_judges_again_and_removes_no_run_that_came_meanwhile)
{
    run_directory *directory;
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_CONTINUE), RUN_DIRECTORY_USABLE);
    write_run();
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_CONTINUE), -1);
    ck_assert_ptr_nonnull(strstr(message, "--overwrite"));
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_REPLACE_NONE), -1);
    ck_assert(scratch_exists("run/run.json"));
    ck_assert(scratch_exists(TRAINING_EVENTS));
}
END_TEST

START_TEST(a_directory_of_other_runs_is_refused)
{
    write_run();
    assert_no_place("", "other runs");
}
END_TEST

START_TEST(runs_are_other_runs_whatever_their_name)
{
    scratch_write("logs/train/run.json", "{}");
    assert_no_place("logs", "other runs (such as train)");
    scratch_write("more/validation/train/events.out.tfevents.1.host.1.0.v2", "events");
    assert_no_place("more", "other runs (such as validation/train)");
}
END_TEST

START_TEST(runs_are_found_as_deep_as_comparisons_find_them)
{
    scratch_write("deep/2/3/4/5/6/7/8/run.json", "{}");
    assert_no_place("deep", "other runs (such as 2/3/4/5/6/7/8)");
    assert_no_place("", "other runs (such as deep/2/3/4/5/6/7/8)");
    scratch_write("deeper/1/2/3/4/5/6/7/8/9/run.json", "{}");
    ck_assert_int_eq(judge("deeper", RUN_DIRECTORY_REPLACE_NONE), RUN_DIRECTORY_USABLE);
}
END_TEST

START_TEST(a_directory_inside_of_a_run_is_refused)
{
    run_directory *directory;
    write_run();
    scratch_make_directory("run/there");
    assert_no_place("run/there", "inside of the run");
    assert_no_place("run/none/below", "inside of the run");
    assert_no_place("run/train", "inside of the run");
    ck_assert_int_eq(open_replacing(&directory, "run/none/below", RUN_DIRECTORY_REPLACE_ANY), -1);
    ck_assert(!scratch_exists("run/none"));
    ck_assert_int_eq(chdir(scratch_path("run/there")), 0);
    ck_assert_int_eq(run_directory_judge(".", &config, RUN_DIRECTORY_REPLACE_ANY, message),
                     RUN_DIRECTORY_REFUSED);
    ck_assert_int_eq(run_directory_judge("new", &config, RUN_DIRECTORY_REPLACE_ANY, message),
                     RUN_DIRECTORY_REFUSED);
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(a_directory_of_somebody_elses_run_is_refused)
{
    scratch_write("keras/train/events.out.tfevents.1.host.1.0.v2", "events");
    assert_no_place("keras", "--overwrite");
    assert_no_place("", "");
    scratch_write("flat/my.tfevents", "events");
    assert_no_place("flat", "");
}
END_TEST

START_TEST(a_run_mixed_with_foreign_event_files_is_refused)
{
    static const char *const foreign[] = {
        "run/train/mine.tfevents.1",
        "run/validation/events.out.tfevents.1700000009.other.1.0.v2",
        "run/events.out.tfevents.1700000000.host.1.0.v2",
    };
    run_directory *directory;
    write_run();
    scratch_write(foreign[_i], "events");
    assert_no_place("run", "");
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_REPLACE_ANY), -1);
    ck_assert(scratch_exists(TRAINING_EVENTS));
    ck_assert(scratch_exists(foreign[_i]));
}
END_TEST

START_TEST(a_directory_that_cannot_be_read_is_not_an_empty_one)
{
    static const char *const names[] = {"run/train", "run/notes", "run/notes/old"};
    write_run();
    scratch_make_directory("run/notes/old");
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_USABLE);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        unreadable = names[i];
        assert_no_place("run", names[i]);
        assert_no_place("run", "cannot be read: Input/output error");
    }
}
END_TEST

/* A user's own directory, such as the lost+found of a file system. */
START_TEST(a_directory_that_the_user_may_not_enter_is_left_out)
{
    const bool is_root = geteuid() == 0;
    write_run();
    scratch_write("run/closed/mine.tfevents", "events");
    assert_no_place("run", "holds other runs");
    ck_assert_int_eq(chmod(scratch_path("run/closed"), 0), 0);
    ck_assert_int_eq(chmod(scratch_path(""), 0755), 0);
    ck_assert(!is_root || seteuid(65534) == 0);
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_USABLE);
    ck_assert(!is_root || seteuid(0) == 0);
    ck_assert_int_eq(chmod(scratch_path("run/closed"), 0700), 0);
}
END_TEST

START_TEST(event_files_without_a_record_are_somebodys)
{
    run_directory *directory;
    scratch_write(RUN_EVENTS, "events");
    assert_no_place("run", "not known to be the trainer's");
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_REPLACE_ANY), -1);
    ck_assert(scratch_exists(RUN_EVENTS));
}
END_TEST

START_TEST(a_file_is_no_directory)
{
    run_directory *directory;
    scratch_write("file", "text");
    assert_no_place("file", "");
    ck_assert_int_eq(open_replacing(&directory, "file", RUN_DIRECTORY_REPLACE_ANY), -1);
    ck_assert_int_eq(open_replacing(&directory, "file/run", RUN_DIRECTORY_REPLACE_ANY), -1);
    ck_assert_ptr_nonnull(strstr(message, "Not a directory"));
    ck_assert_ptr_null(directory);
}
END_TEST

START_TEST(a_model_of_nobodys_run_is_not_replaced)
{
    static const char *const names[] = {"a/" MODEL_FILE, "a/" MODEL_BEST_FILE};
    run_directory *directory;
    scratch_write(names[_i], "a user's");
    ck_assert_int_eq(open_replacing(&directory, "a", RUN_DIRECTORY_REPLACE_ANY), -1);
    ck_assert_ptr_nonnull(strstr(message, "safetensors but no run: move it away or name another"));
    ck_assert_int_eq(scratch_count("a"), 1);
}
END_TEST

/* Not even the lock's file. */
START_TEST(judging_and_refusing_leave_nothing)
{
    run_directory *directory;
    scratch_write("flat/my.tfevents", "events");
    ck_assert_int_eq(judge("none", RUN_DIRECTORY_REPLACE_NONE), RUN_DIRECTORY_USABLE);
    ck_assert_int_eq(open_replacing(&directory, "flat", RUN_DIRECTORY_REPLACE_ANY), -1);
    ck_assert_int_eq(scratch_count(""), 1);
    ck_assert_int_eq(scratch_count("flat"), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_directory_judge");
    TCase *judging = tcase_create("judging");
    tcase_add_checked_fixture(judging, run_directory_set_up, scratch_remove);
    tcase_add_test(judging, an_absent_or_empty_directory_is_usable);
    tcase_add_test(judging, a_run_is_judged_by_what_may_be_replaced);
    tcase_add_test(judging, a_diverged_run_is_replaced_only_when_any_may_be);
    tcase_add_test(judging, a_run_that_died_after_it_diverged_has_diverged);
    tcase_add_test(judging, an_unfinished_run_of_another_configuration_is_refused);
    tcase_add_test(judging, a_run_is_continued_with_as_many_epochs_as_it_has_or_more);
    tcase_add_test(judging, an_interrupted_run_does_not_end_before_an_epoch_that_may_have_begun);
    tcase_add_test(judging, a_run_with_a_damaged_record_is_replaced_only_when_any_may_be);
    tcase_add_test(judging, a_run_whose_record_cannot_be_read_is_not_replaced);
    tcase_add_test(judging, opening_judges_again_and_removes_no_run_that_came_meanwhile);
    tcase_add_test(judging, a_directory_of_other_runs_is_refused);
    tcase_add_test(judging, runs_are_other_runs_whatever_their_name);
    tcase_add_test(judging, runs_are_found_as_deep_as_comparisons_find_them);
    tcase_add_test(judging, a_directory_inside_of_a_run_is_refused);
    tcase_add_test(judging, a_directory_of_somebody_elses_run_is_refused);
    tcase_add_loop_test(judging, a_run_mixed_with_foreign_event_files_is_refused, 0, 3);
    tcase_add_test(judging, a_directory_that_cannot_be_read_is_not_an_empty_one);
    tcase_add_test(judging, a_directory_that_the_user_may_not_enter_is_left_out);
    tcase_add_test(judging, event_files_without_a_record_are_somebodys);
    tcase_add_test(judging, a_file_is_no_directory);
    tcase_add_loop_test(judging, a_model_of_nobodys_run_is_not_replaced, 0, 2);
    tcase_add_test(judging, judging_and_refusing_leave_nothing);
    suite_add_tcase(suite, judging);
    return run_suite(suite);
}
