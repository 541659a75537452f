/* Opening a run's directory: what is restored, that new files are synced, and that only the
 * trainer's files are removed. fsync is wrapped, to observe it. */
#include <check.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "model_files.h"
#include "run_directory_fixture.h"
#include "scratch.h"

int __real_fsync(int fd);
int __wrap_fsync(int fd);

static ino_t synced[8]; /* the first inodes that were synced, in order */
static size_t synced_count;

int __wrap_fsync(int fd)
{
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    if (synced_count < sizeof synced / sizeof synced[0]) {
        synced[synced_count++] = status.st_ino;
    }
    return __real_fsync(fd);
}

/* The file may be intact, so the run is not trained again, and its state not replaced. */
START_TEST(a_state_that_cannot_be_read_is_not_taken_for_a_damaged_one)
{
    run_directory *directory;
    run_record there;
    checkpoint state;
    write_run_in_state(RUN_INTERRUPTED);
    scratch_write("run/checkpoint", "a state");
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_CONTINUE), 0);
    ck_assert_int_eq(run_directory_restore(directory, &there, &state, message),
                     RUN_DIRECTORY_PAST_WITHOUT_STATE);
    ck_assert_ptr_nonnull(strstr(message, "checkpoint: it is damaged"));
    run_record_free(&there);
    passes = 2; /* two reads of run.json: its content, and its end */
    reading_fails = true;
    const run_directory_past past = run_directory_restore(directory, &there, &state, message);
    reading_fails = false;
    ck_assert_int_eq(past, RUN_DIRECTORY_PAST_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(message, "checkpoint cannot be read: Input/output error"));
    run_record_free(&there);
    run_directory_close(directory);
}
END_TEST

/* The process died between making its event files and naming them. */
START_TEST(a_run_that_names_no_event_files_is_replaced_with_all_of_them)
{
    const run_record record = {.config = config};
    run_directory *directory;
    scratch_write(TRAINING_EVENTS, "events");
    ck_assert_int_eq(scratch_write_record("run", &record, message), 0);
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_CONTINUE), 0);
    ck_assert_int_eq(run_directory_clear(directory, message), 0);
    ck_assert(!scratch_exists(TRAINING_EVENTS));
    run_directory_close(directory);
}
END_TEST

/* Treating the run as one without event files would lose what it has logged. */
START_TEST(event_files_that_cannot_be_listed_are_not_none)
{
    run_record there = {.state = RUN_INTERRUPTED, .config = config};
    checkpoint state;
    run_directory *directory;
    scratch_write(TRAINING_EVENTS, "events");
    ck_assert_int_eq(scratch_write_record("run", &there, message), 0);
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_CONTINUE), 0);
    unreadable = "train";
    ck_assert_int_eq(run_directory_restore(directory, &there, &state, message),
                     RUN_DIRECTORY_PAST_UNREADABLE);
    ck_assert_msg(strstr(message, "run/train cannot be read: Input/output error") != NULL, "%s",
                  message);
    run_record_free(&there);
    ck_assert_int_eq(run_directory_clear(directory, message), -1);
    ck_assert_msg(strstr(message, "run/train cannot be read: Input/output error") != NULL, "%s",
                  message);
    ck_assert(scratch_exists("run/run.json"));
    run_directory_close(directory);
}
END_TEST

/* The run's own directory may have an event file of the run as a whole. */
START_TEST(event_files_beside_the_record_may_be_the_runs)
{
    run_directory *directory;
    run_record record = {.state = RUN_INTERRUPTED, .config = config};
    ck_assert_int_eq(run_record_add_event_file(&record, "", RUN_EVENTS), 0);
    scratch_write(RUN_EVENTS, "events");
    ck_assert_int_eq(scratch_write_record("run", &record, message), 0);
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_CONTINUE), 0);
    ck_assert_int_eq(run_directory_clear(directory, message), 0);
    ck_assert(!scratch_exists(RUN_EVENTS));
    ck_assert(scratch_exists("run"));
    run_record_free(&record);
    run_directory_close(directory);
}
END_TEST

START_TEST(opening_makes_the_path_and_discarding_unmakes_it)
{
    run_directory *directory;
    ck_assert_int_eq(open_replacing(&directory, "a/b/c", RUN_DIRECTORY_REPLACE_ANY), 0);
    ck_assert(scratch_exists("a/b/c"));
    scratch_write("a/b/c/run.json", "{}");
    scratch_write("a/b/c/train/events.out.tfevents.1", "events");
    scratch_write("a/b/c/events.out.tfevents.1", "events");
    run_directory_discard(directory);
    ck_assert_int_eq(scratch_count(""), 0);
}
END_TEST

static void assert_synced(size_t index, const char *name)
{
    struct stat status;
    ck_assert_int_eq(stat(scratch_path(name), &status), 0);
    ck_assert_uint_lt(index, synced_count);
    ck_assert_uint_eq(synced[index], status.st_ino);
}

START_TEST(the_names_of_directories_that_are_made_are_synced)
{
    run_directory *directory;
    ck_assert_int_eq(open_replacing(&directory, "a/run", RUN_DIRECTORY_REPLACE_NONE), 0);
    assert_synced(0, ""); /* has the name a */
    assert_synced(1, "a");
    run_directory_close(directory);
}
END_TEST

START_TEST(where_no_run_is_clearing_removes_nothing)
{
    run_directory *directory;
    scratch_write("a/checkpoint", "a user's");
    ck_assert_int_eq(open_replacing(&directory, "a", RUN_DIRECTORY_REPLACE_ANY), 0);
    ck_assert_int_eq(run_directory_clear(directory, message), 0);
    ck_assert(scratch_exists("a/checkpoint"));
    run_directory_close(directory);
}
END_TEST

START_TEST(discarding_keeps_what_was_there)
{
    run_directory *directory;
    scratch_write("a/notes.txt", "a user's");
    ck_assert_int_eq(open_replacing(&directory, "a/b", RUN_DIRECTORY_REPLACE_ANY), 0);
    run_directory_discard(directory);
    ck_assert(scratch_exists("a/notes.txt"));
    ck_assert(!scratch_exists("a/b"));
    ck_assert_int_eq(open_replacing(&directory, "a", RUN_DIRECTORY_REPLACE_ANY), 0);
    run_directory_discard(directory);
    ck_assert(scratch_exists("a/notes.txt"));
}
END_TEST

START_TEST(clearing_removes_only_what_the_trainer_wrote)
{
    run_directory *directory;
    write_run();
    scratch_write("run/run.json.tmp", "half");
    scratch_write("run/notes.txt", "a user's");
    scratch_write("run/train/notes.txt", "a user's");
    scratch_write("run/plots/events.png", "a user's");
    scratch_write("run/checkpoint", "state");
    scratch_write("run/checkpoint.tmp", "half");
    scratch_write("run/" MODEL_FILE, "network");
    scratch_write("run/" MODEL_FILE ".tmp", "half");
    scratch_write("run/" MODEL_BEST_FILE, "network");
    scratch_write("run/" MODEL_BEST_FILE ".tmp", "half");
    scratch_write("run/other.safetensors", "a user's");
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_REPLACE_ANY), 0);
    ck_assert(scratch_exists("run/run.json"));
    ck_assert_int_eq(run_directory_clear(directory, message), 0);
    ck_assert(!scratch_exists("run/run.json"));
    ck_assert(!scratch_exists("run/run.json.tmp"));
    ck_assert(!scratch_exists("run/checkpoint"));
    ck_assert(!scratch_exists("run/checkpoint.tmp"));
    ck_assert(!scratch_exists("run/" MODEL_FILE));
    ck_assert(!scratch_exists("run/" MODEL_FILE ".tmp"));
    ck_assert(!scratch_exists("run/" MODEL_BEST_FILE));
    ck_assert(!scratch_exists("run/" MODEL_BEST_FILE ".tmp"));
    ck_assert(scratch_exists("run/other.safetensors"));
    ck_assert(!scratch_exists(TRAINING_EVENTS));
    ck_assert(!scratch_exists("run/validation"));
    ck_assert(scratch_exists("run/notes.txt"));
    ck_assert(scratch_exists("run/train/notes.txt"));
    ck_assert(scratch_exists("run/plots/events.png"));
    run_directory_close(directory);
    ck_assert(scratch_exists("run/notes.txt"));
}
END_TEST

static void set_up(void)
{
    run_directory_set_up();
    synced_count = 0;
}

int main(void)
{
    Suite *suite = suite_create("run_directory");
    TCase *directory = tcase_create("directory");
    tcase_add_checked_fixture(directory, set_up, scratch_remove);
    tcase_add_test(directory, a_state_that_cannot_be_read_is_not_taken_for_a_damaged_one);
    tcase_add_test(directory, a_run_that_names_no_event_files_is_replaced_with_all_of_them);
    tcase_add_test(directory, event_files_that_cannot_be_listed_are_not_none);
    tcase_add_test(directory, event_files_beside_the_record_may_be_the_runs);
    tcase_add_test(directory, opening_makes_the_path_and_discarding_unmakes_it);
    tcase_add_test(directory, discarding_keeps_what_was_there);
    tcase_add_test(directory, the_names_of_directories_that_are_made_are_synced);
    tcase_add_test(directory, where_no_run_is_clearing_removes_nothing);
    tcase_add_test(directory, clearing_removes_only_what_the_trainer_wrote);
    suite_add_tcase(suite, directory);
    return run_suite(suite);
}
