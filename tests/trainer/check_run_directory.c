/* A run's directory: what may be there before a run, and that only the trainer's files go. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "message.h"
#include "run_directory.h"
#include "scratch.h"

static char message[MESSAGE_BYTES];

#define TRAINING_EVENTS   "run/train/events.out.tfevents.1700000000.host.1.0.v2"
#define RUN_EVENTS        "run/events.out.tfevents.1700000000.host.1.2.v2"
#define VALIDATION_EVENTS "run/validation/events.out.tfevents.1700000000.host.1.1.v2"

static void write_run(void)
{
    const run_record record = {.state = RUN_FINISHED,
                               .config = {.batch_size = 4,
                                          .epochs = 1,
                                          .learning_rate = 1e-3,
                                          .engine = "cpu",
                                          .arithmetic = "none",
                                          .precision = ENGINE_FP32,
                                          .training_samples = 8,
                                          .validation_samples = 8}};
    scratch_write(TRAINING_EVENTS, "events");
    scratch_write(VALIDATION_EVENTS, "events");
    ck_assert_int_eq(run_record_write(&record, scratch_path("run"), message), 0);
}

static run_directory_content inspect(const char *name)
{
    run_record record;
    const run_directory_content content =
        run_directory_inspect(scratch_path(name), &record, message);
    run_record_free(&record);
    return content;
}

START_TEST(an_absent_or_empty_directory_is_free)
{
    ck_assert_int_eq(inspect("none"), RUN_DIRECTORY_FREE);
    scratch_make_directory("empty/train");
    ck_assert_int_eq(inspect("empty"), RUN_DIRECTORY_FREE);
    scratch_write("notes/todo.txt", "a user's");
    ck_assert_int_eq(inspect("notes"), RUN_DIRECTORY_FREE);
}
END_TEST

START_TEST(a_run_is_known_with_its_record)
{
    run_record record;
    write_run();
    ck_assert_int_eq(run_directory_inspect(scratch_path("run"), &record, message),
                     RUN_DIRECTORY_RUN);
    ck_assert_uint_eq(record.config.batch_size, 4);
    run_record_free(&record);
}
END_TEST

START_TEST(a_run_with_a_damaged_record_is_known)
{
    write_run();
    scratch_write("run/run.json", "{");
    ck_assert_int_eq(inspect("run"), RUN_DIRECTORY_DAMAGED);
    ck_assert_ptr_nonnull(strstr(message, "run.json"));
}
END_TEST

START_TEST(a_directory_of_other_runs_is_refused)
{
    write_run();
    ck_assert_int_eq(inspect(""), RUN_DIRECTORY_REFUSED);
    ck_assert_ptr_nonnull(strstr(message, "other runs"));
}
END_TEST

START_TEST(a_directory_of_somebody_elses_run_is_refused)
{
    scratch_write("keras/train/events.out.tfevents.1.host.1.0.v2", "events");
    ck_assert_int_eq(inspect("keras"), RUN_DIRECTORY_REFUSED);
    ck_assert_ptr_nonnull(strstr(message, "--overwrite"));
    ck_assert_int_eq(inspect(""), RUN_DIRECTORY_REFUSED);
    scratch_write("flat/my.tfevents", "events");
    ck_assert_int_eq(inspect("flat"), RUN_DIRECTORY_REFUSED);
}
END_TEST

START_TEST(a_run_mixed_with_foreign_event_files_is_refused)
{
    run_directory *directory;
    write_run();
    scratch_write("run/train/mine.tfevents.1", "events");
    ck_assert_int_eq(inspect("run"), RUN_DIRECTORY_REFUSED);
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("run"), message), -1);
    ck_assert(scratch_exists(TRAINING_EVENTS));
}
END_TEST

/* The run's own directory may have an event file of the run as a whole. */
START_TEST(event_files_beside_the_record_are_the_trainers)
{
    run_directory *directory;
    write_run();
    scratch_write(RUN_EVENTS, "events");
    ck_assert_int_eq(inspect("run"), RUN_DIRECTORY_RUN);
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("run"), message), 0);
    ck_assert(!scratch_exists(RUN_EVENTS));
    ck_assert(!scratch_exists(TRAINING_EVENTS));
    ck_assert(scratch_exists("run"));
    run_directory_close(directory);
}
END_TEST

START_TEST(event_files_without_a_record_are_somebodys)
{
    run_directory *directory;
    scratch_write(RUN_EVENTS, "events");
    ck_assert_int_eq(inspect("run"), RUN_DIRECTORY_REFUSED);
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("run"), message), -1);
    ck_assert(scratch_exists(RUN_EVENTS));
    write_run();
    scratch_write("run/mine.tfevents.1", "events");
    ck_assert_int_eq(inspect("run"), RUN_DIRECTORY_REFUSED);
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("run"), message), -1);
    ck_assert(scratch_exists(RUN_EVENTS));
}
END_TEST

START_TEST(a_file_is_no_directory)
{
    run_directory *directory;
    scratch_write("file", "text");
    ck_assert_int_eq(inspect("file"), RUN_DIRECTORY_REFUSED);
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("file"), message), -1);
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("file/run"), message), -1);
    ck_assert_ptr_nonnull(strstr(message, "Not a directory"));
    ck_assert_ptr_null(directory);
}
END_TEST

START_TEST(opening_makes_the_path_and_discarding_unmakes_it)
{
    run_directory *directory;
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("a/b/c"), message), 0);
    ck_assert(scratch_exists("a/b/c"));
    scratch_write("a/b/c/run.json", "{}");
    scratch_write("a/b/c/train/events.out.tfevents.1", "events");
    scratch_write("a/b/c/events.out.tfevents.1", "events");
    run_directory_discard(directory);
    ck_assert_int_eq(scratch_count(""), 0);
}
END_TEST

START_TEST(discarding_keeps_what_was_there)
{
    run_directory *directory;
    scratch_write("a/notes.txt", "a user's");
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("a/b"), message), 0);
    run_directory_discard(directory);
    ck_assert(scratch_exists("a/notes.txt"));
    ck_assert(!scratch_exists("a/b"));
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("a"), message), 0);
    run_directory_discard(directory);
    ck_assert(scratch_exists("a/notes.txt"));
}
END_TEST

START_TEST(opening_over_a_run_removes_only_what_the_trainer_wrote)
{
    run_directory *directory;
    write_run();
    scratch_write("run/run.json.tmp", "half");
    scratch_write("run/notes.txt", "a user's");
    scratch_write("run/train/notes.txt", "a user's");
    scratch_write("run/plots/events.png", "a user's");
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("run"), message), 0);
    ck_assert(!scratch_exists("run/run.json"));
    ck_assert(!scratch_exists("run/run.json.tmp"));
    ck_assert(!scratch_exists(TRAINING_EVENTS));
    ck_assert(!scratch_exists("run/validation"));
    ck_assert(scratch_exists("run/notes.txt"));
    ck_assert(scratch_exists("run/train/notes.txt"));
    ck_assert(scratch_exists("run/plots/events.png"));
    run_directory_close(directory);
    ck_assert(scratch_exists("run/notes.txt"));
}
END_TEST

START_TEST(a_directory_that_another_process_writes_is_refused)
{
    run_directory *directory;
    write_run();
    const int other = open(scratch_path("run"), O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(other, 0);
    ck_assert_int_eq(flock(other, LOCK_EX), 0);
    ck_assert_int_eq(inspect("run"), RUN_DIRECTORY_REFUSED);
    ck_assert_ptr_nonnull(strstr(message, "another process"));
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("run"), message), -1);
    ck_assert(scratch_exists("run/run.json"));
    close(other);
    ck_assert_int_eq(inspect("run"), RUN_DIRECTORY_RUN);
}
END_TEST

START_TEST(an_open_directory_is_locked_until_it_is_closed)
{
    run_directory *directory;
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("run"), message), 0);
    ck_assert_int_eq(inspect("run"), RUN_DIRECTORY_REFUSED);
    run_directory_close(directory);
    ck_assert_int_eq(inspect("run"), RUN_DIRECTORY_FREE);
}
END_TEST

static void set_up(void)
{
    scratch_make();
}

int main(void)
{
    Suite *suite = suite_create("run_directory");
    TCase *directory = tcase_create("directory");
    tcase_add_checked_fixture(directory, set_up, scratch_remove);
    tcase_add_test(directory, an_absent_or_empty_directory_is_free);
    tcase_add_test(directory, a_run_is_known_with_its_record);
    tcase_add_test(directory, a_run_with_a_damaged_record_is_known);
    tcase_add_test(directory, a_directory_of_other_runs_is_refused);
    tcase_add_test(directory, a_directory_of_somebody_elses_run_is_refused);
    tcase_add_test(directory, a_run_mixed_with_foreign_event_files_is_refused);
    tcase_add_test(directory, event_files_beside_the_record_are_the_trainers);
    tcase_add_test(directory, event_files_without_a_record_are_somebodys);
    tcase_add_test(directory, a_file_is_no_directory);
    tcase_add_test(directory, opening_makes_the_path_and_discarding_unmakes_it);
    tcase_add_test(directory, discarding_keeps_what_was_there);
    tcase_add_test(directory, opening_over_a_run_removes_only_what_the_trainer_wrote);
    tcase_add_test(directory, a_directory_that_another_process_writes_is_refused);
    tcase_add_test(directory, an_open_directory_is_locked_until_it_is_closed);
    suite_add_tcase(suite, directory);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
