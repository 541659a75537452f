/* The ownership of a run: runs that another process holds, and what a process does that has lost
 * its run. fcntl is wrapped, so that another process can act in between. */
#define _GNU_SOURCE /* F_OFD_GETLK */

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "check_main.h"
#include "run_directory_fixture.h"
#include "run_lock.h"
#include "scratch.h"

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, struct flock *lock);

static void (*after_asking)(void); /* another process acts after a query of the lock; or NULL */

/* All calls that use the lock pass a struct flock. */
int __wrap_fcntl(int fd, int command, struct flock *lock)
{
    const int status = __real_fcntl(fd, command, lock);
    if (command == F_OFD_GETLK && after_asking != NULL) {
        after_asking();
    }
    return status;
}

/* Asserts that another process holds the run, and that the message has these words. */
static void assert_held(const char *name, const char *words)
{
    ck_assert_int_eq(judge(name, RUN_DIRECTORY_REPLACE_ANY), RUN_DIRECTORY_HELD);
    ck_assert_msg(strstr(message, words) != NULL, "%s", message);
}

/* The directory of a run in this state, held as by another process. */
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

/* The other run came after the directory was judged. */
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
    ck_assert_int_eq(run_directory_read(scratch_path("run"), &there, message), FILE_READ);
    ck_assert_int_eq(there.state, RUN_INTERRUPTED);
    run_record_free(&there);
    ck_assert(!scratch_exists("run/" RUN_LOCK_FILE));
    run_directory *other = hold_run(RUN_RUNNING);
    ck_assert_int_eq(run_directory_read(scratch_path("run"), &there, message), FILE_READ);
    ck_assert_int_eq(there.state, RUN_RUNNING);
    run_record_free(&there);
    run_directory_close(other);
    ck_assert_int_eq(run_directory_read(scratch_path("run"), &there, message), FILE_READ);
    ck_assert_int_eq(there.state, RUN_INTERRUPTED);
    run_record_free(&there);
    ck_assert_int_eq(run_directory_read(scratch_path("none"), &there, message), FILE_ABSENT);
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

/* Nobody held the lock, but then run.json says that the run is running. */
START_TEST(a_run_that_another_process_resumes_meanwhile_is_running)
{
    run_record there = {.state = RUN_RUNNING, .config = config, .host = "one", .process = 1};
    scratch_make_directory("run");
    ck_assert_int_eq(scratch_write_record("run", &there, message), 0);
    scratch_write("run/" RUN_LOCK_FILE, "");
    after_asking = resume_meanwhile;
    ck_assert_int_eq(run_directory_read(scratch_path("run"), &there, message), FILE_READ);
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

/* Ways in which a process takes over a run, and the messages. */
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

/* The old run.json names the process that has died. */
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

static void set_up(void)
{
    run_directory_set_up();
    after_asking = NULL;
}

int main(void)
{
    Suite *suite = suite_create("run_directory_owner");
    TCase *owner = tcase_create("owner");
    tcase_add_checked_fixture(owner, set_up, scratch_remove);
    tcase_add_test(owner, a_directory_that_another_process_writes_is_refused);
    tcase_add_test(owner, a_refusal_names_the_process_that_writes);
    tcase_add_test(owner, a_directory_that_a_trainer_of_an_earlier_version_writes_is_refused);
    tcase_add_test(owner, a_run_that_nobody_holds_is_not_running);
    tcase_add_test(owner, a_run_that_another_process_resumes_meanwhile_is_running);
    tcase_add_test(owner, an_open_directory_is_locked_until_it_is_closed);
    tcase_add_test(owner, a_lock_moves_with_its_directory);
    tcase_add_loop_test(owner, a_run_that_another_process_has_taken_over_is_left_to_it, 0,
                        TAKEOVERS);
    tcase_add_test(owner, a_run_that_is_continued_is_this_process_s);
    tcase_add_test(owner, whose_run_it_is_is_not_known_where_the_record_cannot_be_read);
    suite_add_tcase(suite, owner);
    return run_suite(suite);
}
