/* What a failed run leaves: nothing before its first step; later its logs, marked as interrupted.
 * unlinkat is wrapped, so that it can fail. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "fake_run.h"
#include "run_lock.h"
#include "scratch.h"
#include "signals.h"

/* ---- A failure before the first step leaves nothing ---- */

START_TEST(a_configuration_that_the_engine_refuses_leaves_nothing)
{
    fake_engine_plan_now.create_status = ENGINE_INVALID;
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_REFUSED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "told to refuse"));
    fake_engine_plan_now.create_status = ENGINE_NO_MEMORY;
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_FAILED);
    ck_assert_int_eq(scratch_count(""), 0);
}
END_TEST

START_TEST(an_engine_that_is_refused_costs_no_run_that_was_there)
{
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    run_record_free(&fake_run_record);
    fake_engine_plan_now.create_status = ENGINE_NO_MEMORY;
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_FAILED);
    ck_assert(scratch_exists("run/run.json"));
    ck_assert_int_eq(scratch_count("run/train"), 1);
}
END_TEST

int __real_unlinkat(int directory, const char *name, int flags);
int __wrap_unlinkat(int directory, const char *name, int flags);

static bool removal_fails; /* of the next event file */

int __wrap_unlinkat(int directory, const char *name, int flags)
{
    if (removal_fails && strstr(name, "tfevents") != NULL) {
        removal_fails = false;
        errno = EIO;
        return -1;
    }
    return __real_unlinkat(directory, name, flags);
}

START_TEST(a_run_that_could_not_be_replaced_is_there_and_can_be_replaced_later)
{
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    run_record_free(&fake_run_record);
    removal_fails = true;
    ck_assert_int_eq(fake_run("run", 2, 0), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "cannot be removed: Input/output error"));
    ck_assert(scratch_exists("run/run.json"));
    ck_assert_int_eq(scratch_count("run/train"), 1);
    ck_assert_int_eq(fake_run("run", 2, 0), OUTCOME_DONE);
    ck_assert_int_eq(scratch_count("run/train"), 1);
}
END_TEST

START_TEST(an_unwritable_place_leaves_nothing)
{
    scratch_write("file", "text");
    ck_assert_int_eq(fake_run("file/run", 1, 0), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "file"));
    scratch_write("other/validation", "a file where a directory must be");
    ck_assert_int_eq(fake_run("other", 1, 0), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "other/validation"));
    ck_assert(scratch_exists("other/" RUN_LOCK_FILE)); /* as in any existing directory */
    ck_assert_int_eq(scratch_count("other"), 2);
}
END_TEST

/* ---- A later failure leaves the logs, marked as interrupted ---- */

START_TEST(an_engine_that_fails_marks_the_run_and_keeps_its_log)
{
    fake_engine_plan_now.fail_at_step = STEPS + 2;
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(
        strstr(fake_run_message, "the fake engine failed to train: told to fail"));
    fake_run_assert_interrupted(1, 1);
}
END_TEST

/* The last finished step is the epoch's last but one, and is logged. */
START_TEST(steps_done_before_a_device_is_lost_are_logged)
{
    fake_engine_plan_now.lost_at_step = STEPS;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "told to be lost"));
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), STEPS - 1);
    fake_run_assert_interrupted(0, 0);
}
END_TEST

/* The next chunk is refused while one is queued and not yet polled. The finished steps of that one
 * are logged, and the message is that of the refused call. */
START_TEST(steps_done_before_a_call_to_train_fails_are_logged)
{
    fake_engine_plan_now.fail_at_step = 90;
    fake_engine_plan_now.lost_steps = (uint32_t)_i;
    ck_assert_int_eq(fake_run_train("run", 100, 1, 1, 1), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(
        strstr(fake_run_message, "the fake engine failed to train: told to fail"));
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"),
                      fake_engine_steps_queued - (uint64_t)_i);
    fake_run_assert_interrupted(0, 0);
}
END_TEST

START_TEST(an_engine_that_loses_steps_is_not_waited_for)
{
    fake_engine_plan_now.lost_steps = 1;
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_FAILED);
    fake_run_assert_interrupted(0, 0);
}
END_TEST

/* The run's directory is moved away while it trains. */
static void move_directory(uint64_t step)
{
    if (step == STEPS + 1) {
        ck_assert_int_eq(rename(scratch_path("run"), scratch_path("moved")), 0);
    }
}

START_TEST(a_vanished_directory_ends_the_run)
{
    fake_engine_plan_now.on_step = move_directory;
    ck_assert_int_eq(fake_run("run", 1000, 1), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "is gone"));
    ck_assert_ptr_nonnull(strstr(fake_run_message, "run/train/events"));
    ck_assert(!scratch_exists("run"));
    run_record there;
    ck_assert_int_eq(run_record_read(&there, scratch_path("moved"), fake_run_message), FILE_READ);
    ck_assert_int_eq(there.state, RUN_INTERRUPTED);
    run_record_free(&there);
}
END_TEST

/* Another run replaces the one that trains. */
static void exchange_directory(uint64_t step)
{
    if (step == STEPS + 1) {
        ck_assert_int_eq(rename(scratch_path("run"), scratch_path("moved")), 0);
        ck_assert_int_eq(rename(scratch_path("other"), scratch_path("run")), 0);
    }
}

START_TEST(a_directory_that_takes_the_runs_place_is_not_written_to)
{
    ck_assert_int_eq(fake_run("other", 2, 0), OUTCOME_DONE);
    run_record_free(&fake_run_record);
    fake_engine_plan_now.on_step = exchange_directory;
    ck_assert_int_eq(fake_run("run", 1000, 1), OUTCOME_FAILED);
    run_record there;
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), fake_run_message), FILE_READ);
    ck_assert_int_eq(there.state, RUN_FINISHED);
    ck_assert_uint_eq(there.epoch_count, 2);
    run_record_free(&there);
}
END_TEST

/* run.json cannot be replaced any more. */
static void block_record(uint64_t step)
{
    if (step == STEPS + 1) {
        ck_assert_int_eq(mkdir(scratch_path("run/run.json.tmp"), 0777), 0);
    }
}

START_TEST(a_record_that_cannot_be_written_ends_the_run)
{
    fake_engine_plan_now.on_step = block_record;
    ck_assert_int_eq(fake_run("run", 1000, 1), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "run.json cannot be written"));
    run_record there;
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), fake_run_message), FILE_READ);
    ck_assert_uint_eq(there.epoch_count, 1);
    run_record_free(&there);
}
END_TEST

/* The actions of a process on another host that has taken the lock from this process. */
static void take_over(void)
{
    char unread[MESSAGE_BYTES];
    run_record there;
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), unread), FILE_READ);
    snprintf(there.host, sizeof there.host, "node7");
    ck_assert_int_eq(scratch_write_record("run", &there, unread), 0);
    run_record_free(&there);
    fake_engine_plan_now.on_export = NULL;
}

static void take_over_in_second_epoch(uint64_t step)
{
    if (step == STEPS + 1) {
        take_over();
    }
}

/* It happens in the middle of an epoch, while the state is saved, and while the state is saved
 * after a signal. */
START_TEST(a_run_that_another_process_takes_over_ends_and_writes_nothing_more)
{
    static const uint32_t last_state[] = {1, 0, 0}; /* epochs in it; 0 for none */
    if (_i == 0) {
        fake_engine_plan_now.on_step = take_over_in_second_epoch;
    } else {
        fake_engine_plan_now.on_export = take_over;
    }
    if (_i == 2) {
        signals_install();
        fake_engine_plan_now.on_step = fake_run_interrupt_at_first_step;
    }
    ck_assert_int_eq(fake_run("run", 1000, 1), OUTCOME_FAILED);
    ck_assert_msg(strstr(fake_run_message, " on node7, has taken this run over") != NULL, "%s",
                  fake_run_message);
    run_record there;
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), fake_run_message), FILE_READ);
    ck_assert_str_eq(there.host, "node7");
    ck_assert_uint_le(there.epoch_count, 1);
    run_record_free(&there);
    char *state = scratch_read("run/checkpoint");
    ck_assert_int_eq(state != NULL, last_state[_i] > 0);
    ck_assert(state == NULL || strstr(state, "\"epochs\":1,") != NULL);
    free(state);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_failures");
    TCase *failures = tcase_create("failures");
    tcase_add_checked_fixture(failures, fake_run_set_up, fake_run_tear_down);
    tcase_add_test(failures, a_configuration_that_the_engine_refuses_leaves_nothing);
    tcase_add_test(failures, an_engine_that_is_refused_costs_no_run_that_was_there);
    tcase_add_test(failures, a_run_that_could_not_be_replaced_is_there_and_can_be_replaced_later);
    tcase_add_test(failures, an_unwritable_place_leaves_nothing);
    tcase_add_test(failures, an_engine_that_fails_marks_the_run_and_keeps_its_log);
    tcase_add_test(failures, steps_done_before_a_device_is_lost_are_logged);
    tcase_add_loop_test(failures, steps_done_before_a_call_to_train_fails_are_logged, 0, 2);
    tcase_add_test(failures, an_engine_that_loses_steps_is_not_waited_for);
    tcase_add_test(failures, a_vanished_directory_ends_the_run);
    tcase_add_test(failures, a_directory_that_takes_the_runs_place_is_not_written_to);
    tcase_add_test(failures, a_record_that_cannot_be_written_ends_the_run);
    tcase_add_loop_test(failures,
                        a_run_that_another_process_takes_over_ends_and_writes_nothing_more, 0, 3);
    suite_add_tcase(suite, failures);
    return run_suite(suite);
}
