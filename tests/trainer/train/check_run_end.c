/* The order in which a run's end reaches the disk, so that neither a kill nor a power failure loses
 * anything: first the event files, then run.json; only then the state is removed. The system calls
 * are wrapped, so the test sees what is on the disk at each of them. */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "checkpoint.h"
#include "fake_run.h"
#include "model_files.h"
#include "run_record.h"
#include "scratch.h"

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int old_directory, const char *old_name, int directory, const char *name);
int __wrap_renameat(int old_directory, const char *old_name, int directory, const char *name);
int __real_unlinkat(int directory, const char *name, int flags);
int __wrap_unlinkat(int directory, const char *name, int flags);

enum { MOST_SYNCED = 256 };
static struct stat synced[MOST_SYNCED]; /* files when they were synced */
static size_t synced_count;
static int
    unsynced_at_record; /* event files whose end was not synced when run.json was replaced last */
static int unsynced_at_networks[2]; /* the same when MODEL_FILE and MODEL_BEST_FILE were */
static int unsynced_at_divergence;  /* the same when run.json first said that the run diverged */
static char
    *record_at_removal; /* run.json's text when the checkpoint was removed; NULL if it was not */

int __wrap_fsync(int fd)
{
    ck_assert_uint_lt(synced_count, MOST_SYNCED);
    ck_assert_int_eq(fstat(fd, &synced[synced_count++]), 0);
    return __real_fsync(fd);
}

static bool is_synced(const struct stat *file)
{
    for (size_t i = 0; i < synced_count; i++) {
        if (synced[i].st_ino == file->st_ino && synced[i].st_size == file->st_size) {
            return true;
        }
    }
    return false;
}

static int count_unsynced(const char *part)
{
    char path[1024];
    struct stat file;
    int count = 0;
    DIR *stream = opendir(scratch_path(part));
    for (const struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;) {
        if (strstr(entry->d_name, "tfevents") != NULL) {
            snprintf(path, sizeof path, "%s/%s", scratch_path(part), entry->d_name);
            ck_assert_int_eq(stat(path, &file), 0);
            count += !is_synced(&file);
        }
    }
    if (stream != NULL) {
        closedir(stream);
    }
    return count;
}

static int count_all_unsynced(void)
{
    return count_unsynced("run") + count_unsynced("run/train") + count_unsynced("run/validation");
}

/* Called while run.json is being replaced. */
static void note_divergence(void)
{
    char *text = scratch_read("run/run.json.tmp");
    if (unsynced_at_divergence < 0 && strstr(text, "diverged_at_step") != NULL) {
        unsynced_at_divergence = unsynced_at_record;
    }
    free(text);
}

int __wrap_renameat(int old_directory, const char *old_name, int directory, const char *name)
{
    if (strcmp(name, RUN_RECORD_FILE) == 0) {
        unsynced_at_record = count_all_unsynced();
        note_divergence();
    } else if (strcmp(name, MODEL_FILE) == 0) {
        unsynced_at_networks[0] += count_all_unsynced();
    } else if (strcmp(name, MODEL_BEST_FILE) == 0) {
        unsynced_at_networks[1] += count_all_unsynced();
    }
    return __real_renameat(old_directory, old_name, directory, name);
}

int __wrap_unlinkat(int directory, const char *name, int flags)
{
    if (strcmp(name, CHECKPOINT_FILE) == 0 && faccessat(directory, name, F_OK, 0) == 0) {
        free(record_at_removal);
        record_at_removal = scratch_read("run/run.json");
    }
    return __real_unlinkat(directory, name, flags);
}

START_TEST(a_finished_run_is_on_the_disk_before_run_json_says_so)
{
    fake_run_no_state = _i == 1;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    ck_assert_int_eq(fake_run_record.state, RUN_FINISHED);
    ck_assert_int_eq(unsynced_at_record, 0);
}
END_TEST

/* So no network is of a step that is not logged. */
START_TEST(event_files_are_on_the_disk_before_a_network_is_there)
{
    fake_run_keeps_model = fake_run_save_best = true;
    fake_run_no_state = _i == 1;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    ck_assert(scratch_exists("run/" MODEL_FILE) && scratch_exists("run/" MODEL_BEST_FILE));
    ck_assert_int_eq(unsynced_at_networks[0], 0);
    ck_assert_int_eq(unsynced_at_networks[1], 0);
}
END_TEST

START_TEST(a_state_that_is_not_kept_goes_when_run_json_says_finished)
{
    fake_run_no_state = true;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    ck_assert(!scratch_exists("run/checkpoint"));
    ck_assert_ptr_nonnull(record_at_removal);
    ck_assert_ptr_nonnull(strstr(record_at_removal, "\"finished\""));
}
END_TEST

/* A process was killed while it saved the state. */
START_TEST(what_was_written_of_a_state_that_is_not_kept_goes_too)
{
    ck_assert_int_eq(fake_run("run", 1, 1), OUTCOME_DONE);
    scratch_write("run/checkpoint.tmp", "half");
    fake_run_resumes = fake_run_no_state = true;
    ck_assert_int_eq(fake_run("run", 2, 1), OUTCOME_DONE);
    ck_assert(!scratch_exists("run/checkpoint"));
    ck_assert(!scratch_exists("run/checkpoint.tmp"));
}
END_TEST

START_TEST(a_diverged_run_is_on_the_disk_before_run_json_says_so_and_its_state_goes)
{
    fake_engine_plan_now.diverged_loss = 1e40;
    fake_engine_plan_now.diverges_at_step = STEPS + 2;
    fake_run_terminates = _i == 1;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), _i == 1 ? OUTCOME_DIVERGED : OUTCOME_DONE);
    ck_assert_int_eq(unsynced_at_record, 0);
    ck_assert_int_eq(unsynced_at_divergence, 0);
    ck_assert(!scratch_exists("run/checkpoint"));
    ck_assert_ptr_nonnull(record_at_removal);
    ck_assert_ptr_nonnull(strstr(record_at_removal, "\"diverged\""));
}
END_TEST

static void set_up(void)
{
    fake_run_set_up();
    synced_count = 0;
    unsynced_at_record = unsynced_at_divergence = -1;
    memset(unsynced_at_networks, 0, sizeof unsynced_at_networks);
}

static void tear_down(void)
{
    free(record_at_removal);
    record_at_removal = NULL;
    fake_run_tear_down();
}

int main(void)
{
    Suite *suite = suite_create("run_end");
    TCase *ends = tcase_create("ends");
    tcase_add_checked_fixture(ends, set_up, tear_down);
    tcase_add_loop_test(ends, a_finished_run_is_on_the_disk_before_run_json_says_so, 0, 2);
    tcase_add_loop_test(ends, event_files_are_on_the_disk_before_a_network_is_there, 0, 2);
    tcase_add_test(ends, a_state_that_is_not_kept_goes_when_run_json_says_finished);
    tcase_add_test(ends, what_was_written_of_a_state_that_is_not_kept_goes_too);
    tcase_add_loop_test(
        ends, a_diverged_run_is_on_the_disk_before_run_json_says_so_and_its_state_goes, 0, 2);
    suite_add_tcase(suite, ends);
    return run_suite(suite);
}
