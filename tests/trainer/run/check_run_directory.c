/* A run's directory: what may be there before a run, and that only the trainer's files go. read and
 * scandirat are wrapped, so that they can fail, fsync, so that it is seen, and fcntl, so that others
 * can do something meanwhile. */
#define _GNU_SOURCE /* F_OFD_GETLK */

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "model_files.h"
#include "run_directory.h"
#include "run_lock.h"
#include "scratch.h"

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, struct flock *lock);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
ssize_t __real_read(int fd, void *data, size_t bytes);
ssize_t __wrap_read(int fd, void *data, size_t bytes);

int __real_scandirat(int directory, const char *name, struct dirent ***names,
                     int (*filter)(const struct dirent *),
                     int (*compare)(const struct dirent **, const struct dirent **));
int __wrap_scandirat(int directory, const char *name, struct dirent ***names,
                     int (*filter)(const struct dirent *),
                     int (*compare)(const struct dirent **, const struct dirent **));

static char message[MESSAGE_BYTES];

static ino_t synced[8]; /* what was, from the first on */
static size_t synced_count;
static void (*after_asking)(void); /* for the lock, what another process does; NULL for nothing */
static const char *unreadable;     /* the end of the name of directories that are; NULL for none */
static bool reading_fails;
static int passes; /* so many calls more do not fail */

/* The lock's calls, which all have it as their argument. */
int __wrap_fcntl(int fd, int command, struct flock *lock)
{
    const int status = __real_fcntl(fd, command, lock);
    if (command == F_OFD_GETLK && after_asking != NULL) {
        after_asking();
    }
    return status;
}

int __wrap_fsync(int fd)
{
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    if (synced_count < sizeof synced / sizeof synced[0]) {
        synced[synced_count++] = status.st_ino;
    }
    return __real_fsync(fd);
}

ssize_t __wrap_read(int fd, void *data, size_t bytes)
{
    if (reading_fails && passes-- <= 0) {
        errno = EIO;
        return -1;
    }
    return __real_read(fd, data, bytes);
}

int __wrap_scandirat(int directory, const char *name, struct dirent ***names,
                     int (*filter)(const struct dirent *),
                     int (*compare)(const struct dirent **, const struct dirent **))
{
    const size_t bytes = strlen(name);
    const size_t end_bytes = unreadable != NULL ? strlen(unreadable) : bytes + 1;
    if (end_bytes <= bytes && strcmp(name + bytes - end_bytes, unreadable) == 0) {
        errno = EIO;
        return -1;
    }
    return __real_scandirat(directory, name, names, filter, compare);
}

#define TRAINING_EVENTS   "run/train/events.out.tfevents.1700000000.host.1.0.v2"
#define RUN_EVENTS        "run/events.out.tfevents.1700000000.host.1.2.v2"
#define VALIDATION_EVENTS "run/validation/events.out.tfevents.1700000000.host.1.1.v2"

static const run_config config = {.batch_size = 4,
                                  .epochs = 1,
                                  .learning_rate = 1e-3,
                                  .engine = "cpu",
                                  .arithmetic = "none",
                                  .precision = ENGINE_FP32,
                                  .training_samples = 8,
                                  .validation_samples = 8};

static void write_run_in_state(run_state state)
{
    run_record record = {.state = state, .config = config};
    if (state == RUN_FINISHED) {
        ck_assert_int_eq(run_record_add_epoch(&record, &(epoch_figures){.loss = 1}), 0);
    }
    ck_assert_int_eq(run_record_add_event_file(&record, RUN_TRAINING_PART, TRAINING_EVENTS), 0);
    ck_assert_int_eq(run_record_add_event_file(&record, RUN_VALIDATION_PART, VALIDATION_EVENTS), 0);
    scratch_write(TRAINING_EVENTS, "events");
    scratch_write(VALIDATION_EVENTS, "events");
    ck_assert_int_eq(scratch_write_record("run", &record, message), 0);
    run_record_free(&record);
}

static void write_run(void)
{
    write_run_in_state(RUN_FINISHED);
}

static run_directory_verdict judge(const char *name, run_directory_replace replace)
{
    message[0] = '\0';
    return run_directory_judge(scratch_path(name), &config, replace, message);
}

/* What --overwrite cannot replace either. */
static void assert_no_place(const char *name, const char *words)
{
    ck_assert_int_eq(judge(name, RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_REFUSED);
    ck_assert_msg(strstr(message, words) != NULL, "%s", message);
}

static int open_replacing(run_directory **out, const char *name, run_directory_replace replace)
{
    return run_directory_open(out, scratch_path(name), &config, replace, message) ==
                   RUN_DIRECTORY_USABLE
               ? 0
               : -1;
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
    ck_assert_int_eq(run_directory_read(scratch_path("run"), &there, message), RUN_RECORD_READ);
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

/* It may have points beyond, and its state may be: fewer epochs than were planned are an end only
 * where none of them has begun. */
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

/* A sweep judges all its runs before the first; the last may begin an hour later. */
/* What it says, and so which event files are the run's, is not known. */
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

/* It may be whole: the run is neither trained again nor is its state replaced. */
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
    passes = 2; /* run.json, whole and its end */
    reading_fails = true;
    const run_directory_past past = run_directory_restore(directory, &there, &state, message);
    reading_fails = false;
    ck_assert_int_eq(past, RUN_DIRECTORY_PAST_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(message, "checkpoint cannot be read: Input/output error"));
    run_record_free(&there);
    run_directory_close(directory);
}
END_TEST

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

/* That a run has none would lose what it has logged. */
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

/* By another process, and the message has the words. */
static void assert_held(const char *name, const char *words)
{
    ck_assert_int_eq(judge(name, RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_HELD);
    ck_assert_msg(strstr(message, words) != NULL, "%s", message);
}

/* The directory of a run in this state, held as another process would hold it. */
static run_directory *hold_run(run_state state)
{
    run_directory *other;
    write_run_in_state(state);
    ck_assert_int_eq(open_replacing(&other, "run", RUN_DIRECTORY_REPLACE_ANY), 0);
    return other;
}

START_TEST(a_directory_that_another_process_writes_is_refused)
{
    run_directory *directory;
    run_directory *other = hold_run(RUN_FINISHED);
    assert_held("run", "run: another process is writing a run there");
    ck_assert_ptr_null(strstr(message, "(process"));
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_REPLACE_ANY), -1);
    ck_assert_ptr_null(directory);
    ck_assert(scratch_exists("run/run.json"));
    run_directory_close(other);
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_USABLE);
}
END_TEST

START_TEST(a_refusal_names_the_process_that_writes)
{
    run_record record = {.config = config, .host = "node7", .process = 4711};
    run_directory *other = hold_run(RUN_RUNNING);
    ck_assert_int_eq(run_directory_write(other, &record, message), 0);
    assert_held("run", "another process is writing a run there (process 4711 on node7)");
    run_directory_close(other);
}
END_TEST

/* It came after the directory was judged. */
START_TEST(a_directory_that_a_trainer_of_an_earlier_version_writes_is_refused)
{
    run_directory *directory;
    write_run();
    const int other = open(scratch_path("run"), O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(other, 0);
    ck_assert_int_eq(flock(other, LOCK_EX), 0);
    ck_assert_int_eq(run_directory_open(&directory, scratch_path("run"), &config,
                                        RUN_DIRECTORY_REPLACE_ANY, message),
                     RUN_DIRECTORY_HELD);
    ck_assert_ptr_nonnull(strstr(message, "another process"));
    ck_assert(scratch_exists("run/run.json"));
    close(other);
}
END_TEST

START_TEST(a_run_that_nobody_holds_is_not_running)
{
    run_record there;
    write_run_in_state(RUN_RUNNING);
    ck_assert_int_eq(run_directory_read(scratch_path("run"), &there, message), RUN_RECORD_READ);
    ck_assert_int_eq(there.state, RUN_INTERRUPTED);
    run_record_free(&there);
    ck_assert(!scratch_exists("run/" RUN_LOCK_FILE));
    run_directory *other = hold_run(RUN_RUNNING);
    ck_assert_int_eq(run_directory_read(scratch_path("run"), &there, message), RUN_RECORD_READ);
    ck_assert_int_eq(there.state, RUN_RUNNING);
    run_record_free(&there);
    run_directory_close(other);
    ck_assert_int_eq(run_directory_read(scratch_path("run"), &there, message), RUN_RECORD_READ);
    ck_assert_int_eq(there.state, RUN_INTERRUPTED);
    run_record_free(&there);
    ck_assert_int_eq(run_directory_read(scratch_path("none"), &there, message), RUN_RECORD_ABSENT);
}
END_TEST

static run_directory *resumed;

static void resume_meanwhile(void)
{
    const run_record record = {
        .state = RUN_RUNNING, .config = config, .host = "another", .process = 2};
    after_asking = NULL;
    ck_assert_int_eq(open_replacing(&resumed, "run", RUN_DIRECTORY_CONTINUE), 0);
    ck_assert_int_eq(run_directory_write(resumed, &record, message), 0);
}

/* Nobody held the lock, and then run.json says that the run is running. */
START_TEST(a_run_that_another_process_resumes_meanwhile_is_running)
{
    run_record there = {.state = RUN_RUNNING, .config = config, .host = "one", .process = 1};
    scratch_make_directory("run");
    ck_assert_int_eq(scratch_write_record("run", &there, message), 0);
    scratch_write("run/" RUN_LOCK_FILE, "");
    after_asking = resume_meanwhile;
    ck_assert_int_eq(run_directory_read(scratch_path("run"), &there, message), RUN_RECORD_READ);
    ck_assert_int_eq(there.state, RUN_RUNNING);
    ck_assert_str_eq(there.host, "another");
    run_record_free(&there);
    run_directory_close(resumed);
}
END_TEST

START_TEST(an_open_directory_is_locked_until_it_is_closed)
{
    run_directory *directory;
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_REPLACE_ANY), 0);
    assert_held("run", "another process");
    ck_assert_int_eq(run_directory_clear(directory, message), 0);
    assert_held("run", "another process");
    run_directory_close(directory);
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_USABLE);
}
END_TEST

START_TEST(a_lock_moves_with_its_directory)
{
    run_directory *directory;
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_REPLACE_ANY), 0);
    ck_assert_int_eq(rename(scratch_path("run"), scratch_path("moved")), 0);
    assert_held("moved", "another process");
    ck_assert_int_eq(judge("run", RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_USABLE);
    run_directory_close(directory);
    ck_assert_int_eq(judge("moved", RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_USABLE);
}
END_TEST

static run_record record_of(const char *host, uint64_t process)
{
    run_record record = {.state = RUN_RUNNING, .config = config, .process = process};
    snprintf(record.host, sizeof record.host, "%s", host);
    return record;
}

/* A new run of process 1 on node1 that has a state. */
static run_directory *begin_run(void)
{
    run_directory *directory;
    const run_record ours = record_of("node1", 1);
    const checkpoint state = {.state = (char[]){'s'}, .state_bytes = 1};
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_REPLACE_NONE), 0);
    ck_assert_int_eq(run_directory_write(directory, &ours, message), 0);
    ck_assert_int_eq(run_directory_keep_state(directory, &state, message), 0);
    return directory;
}

static void write_record_of(const char *host, uint64_t process)
{
    const run_record other = record_of(host, process);
    ck_assert_int_eq(scratch_write_record("run", &other, message), 0);
}

#define STOPS "; this one stops and writes nothing more"

/* How a process takes a run over, and what is said of it. */
typedef struct takeover {
    void (*take)(void);
    const char *said;
} takeover;

static void name_another_host(void)
{
    write_record_of("node7", 1);
}

static void name_another_process(void)
{
    write_record_of("node1", 4711);
}

static void remove_record(void)
{
    ck_assert_int_eq(unlink(scratch_path("run/run.json")), 0);
}

static void replace_lock(void)
{
    scratch_write("new", "");
    ck_assert_int_eq(rename(scratch_path("new"), scratch_path("run/" RUN_LOCK_FILE)), 0);
}

static void replace_lock_and_name_another(void)
{
    replace_lock();
    name_another_host();
}

static const takeover takeovers[] = {
    {name_another_host, "run: another process, 1 on node7, has taken this run over" STOPS},
    {name_another_process, "run: another process, 4711 on node1, has taken this run over" STOPS},
    {remove_record, "run: another process has taken this run over or removed it" STOPS},
    {replace_lock, "run: another process has taken this run over or removed it" STOPS},
    {replace_lock_and_name_another,
     "run: another process, 1 on node7, has taken this run over" STOPS},
};
enum { TAKEOVERS = sizeof takeovers / sizeof takeovers[0] };

START_TEST(a_run_that_another_process_has_taken_over_is_left_to_it)
{
    const takeover *this = &takeovers[_i];
    const run_record ours = record_of("node1", 1);
    const checkpoint state = {.state = (char[]){'t'}, .state_bytes = 1};
    run_directory *directory = begin_run();
    char *state_before = scratch_read("run/checkpoint");
    ck_assert_int_eq(run_directory_check_owner(directory, message), 0);
    this->take();
    char *record_before = scratch_read("run/run.json");
    ck_assert_int_eq(run_directory_check_owner(directory, message), -1);
    ck_assert_msg(strstr(message, this->said) != NULL, "%s", message);
    ck_assert_int_eq(run_directory_write(directory, &ours, message), -1);
    ck_assert_int_eq(run_directory_keep_state(directory, &state, message), -1);
    ck_assert_int_eq(run_directory_drop_state(directory, message), -1);
    ck_assert_int_eq(run_directory_clear(directory, message), -1);
    ck_assert_msg(strstr(message, this->said) != NULL, "%s", message);
    run_directory_discard(directory);
    char *state_after = scratch_read("run/checkpoint");
    char *record_after = scratch_read("run/run.json");
    ck_assert_pstr_eq(state_after, state_before);
    ck_assert_pstr_eq(record_after, record_before);
    ck_assert(scratch_exists("run/" RUN_LOCK_FILE));
    free(state_before);
    free(record_before);
    free(state_after);
    free(record_after);
}
END_TEST

/* run.json of before names the process that has died. */
START_TEST(a_run_that_is_continued_is_this_process_s)
{
    run_directory *directory;
    const run_record ours = record_of("node1", 1);
    scratch_make_directory("run");
    write_record_of("node7", 4711);
    ck_assert_int_eq(open_replacing(&directory, "run", RUN_DIRECTORY_CONTINUE), 0);
    ck_assert_int_eq(run_directory_write(directory, &ours, message), 0);
    ck_assert_int_eq(run_directory_write(directory, &ours, message), 0);
    run_directory_close(directory);
}
END_TEST

START_TEST(whose_run_it_is_is_not_known_where_the_record_cannot_be_read)
{
    const run_record ours = record_of("node1", 1);
    run_directory *directory = begin_run();
    reading_fails = true;
    ck_assert_int_eq(run_directory_write(directory, &ours, message), -1);
    ck_assert_msg(strstr(message, "run.json cannot be read: Input/output error") != NULL, "%s",
                  message);
    reading_fails = false;
    ck_assert_int_eq(run_directory_write(directory, &ours, message), 0);
    run_directory_close(directory);
}
END_TEST

/* The lock's file included. */
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

static void set_up(void)
{
    scratch_make();
    reading_fails = false;
    unreadable = NULL;
    passes = 0;
    synced_count = 0;
    after_asking = NULL;
}

int main(void)
{
    Suite *suite = suite_create("run_directory");
    TCase *directory = tcase_create("directory");
    tcase_add_checked_fixture(directory, set_up, scratch_remove);
    tcase_add_test(directory, an_absent_or_empty_directory_is_usable);
    tcase_add_test(directory, a_run_is_judged_by_what_may_be_replaced);
    tcase_add_test(directory, a_diverged_run_is_replaced_only_when_any_may_be);
    tcase_add_test(directory, a_run_that_died_after_it_diverged_has_diverged);
    tcase_add_test(directory, an_unfinished_run_of_another_configuration_is_refused);
    tcase_add_test(directory, a_run_is_continued_with_as_many_epochs_as_it_has_or_more);
    tcase_add_test(directory, an_interrupted_run_does_not_end_before_an_epoch_that_may_have_begun);
    tcase_add_test(directory, a_run_with_a_damaged_record_is_replaced_only_when_any_may_be);
    tcase_add_test(directory, a_run_whose_record_cannot_be_read_is_not_replaced);
    tcase_add_test(directory, a_state_that_cannot_be_read_is_not_taken_for_a_damaged_one);
    tcase_add_test(directory, opening_judges_again_and_removes_no_run_that_came_meanwhile);
    tcase_add_test(directory, a_directory_of_other_runs_is_refused);
    tcase_add_test(directory, runs_are_other_runs_whatever_their_name);
    tcase_add_test(directory, runs_are_found_as_deep_as_comparisons_find_them);
    tcase_add_test(directory, a_directory_inside_of_a_run_is_refused);
    tcase_add_test(directory, a_directory_of_somebody_elses_run_is_refused);
    tcase_add_loop_test(directory, a_run_mixed_with_foreign_event_files_is_refused, 0, 3);
    tcase_add_test(directory, a_run_that_names_no_event_files_is_replaced_with_all_of_them);
    tcase_add_test(directory, a_directory_that_cannot_be_read_is_not_an_empty_one);
    tcase_add_test(directory, a_directory_that_the_user_may_not_enter_is_left_out);
    tcase_add_test(directory, event_files_that_cannot_be_listed_are_not_none);
    tcase_add_test(directory, event_files_beside_the_record_may_be_the_runs);
    tcase_add_test(directory, event_files_without_a_record_are_somebodys);
    tcase_add_test(directory, a_file_is_no_directory);
    tcase_add_test(directory, opening_makes_the_path_and_discarding_unmakes_it);
    tcase_add_loop_test(directory, a_model_of_nobodys_run_is_not_replaced, 0, 2);
    tcase_add_test(directory, discarding_keeps_what_was_there);
    tcase_add_test(directory, the_names_of_directories_that_are_made_are_synced);
    tcase_add_test(directory, where_no_run_is_clearing_removes_nothing);
    tcase_add_test(directory, clearing_removes_only_what_the_trainer_wrote);
    tcase_add_test(directory, a_directory_that_another_process_writes_is_refused);
    tcase_add_test(directory, a_refusal_names_the_process_that_writes);
    tcase_add_test(directory, a_directory_that_a_trainer_of_an_earlier_version_writes_is_refused);
    tcase_add_test(directory, a_run_that_nobody_holds_is_not_running);
    tcase_add_test(directory, a_run_that_another_process_resumes_meanwhile_is_running);
    tcase_add_test(directory, an_open_directory_is_locked_until_it_is_closed);
    tcase_add_test(directory, a_lock_moves_with_its_directory);
    tcase_add_loop_test(directory, a_run_that_another_process_has_taken_over_is_left_to_it, 0,
                        TAKEOVERS);
    tcase_add_test(directory, a_run_that_is_continued_is_this_process_s);
    tcase_add_test(directory, whose_run_it_is_is_not_known_where_the_record_cannot_be_read);
    tcase_add_test(directory, judging_and_refusing_leave_nothing);
    suite_add_tcase(suite, directory);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
