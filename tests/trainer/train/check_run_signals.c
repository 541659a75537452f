/* Signals: which are recorded, and what a run has logged when a signal ends it. */
#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "check_main.h"
#include "fake_run.h"
#include "signals.h"

static int signal_to_raise;

static void raise_in_second_epoch(uint64_t step)
{
    if (step == STEPS + 1) {
        raise(signal_to_raise);
    }
}

START_TEST(a_signal_ends_the_run_with_everything_logged_so_far)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
    signal_to_raise = signals[_i];
    signals_install();
    fake_engine_plan_now.on_step = raise_in_second_epoch;
    ck_assert_int_eq(fake_run("run", 1000, 1), OUTCOME_STOPPED);
    ck_assert_int_eq(signals_noted(), signal_to_raise);
    fake_run_assert_interrupted(1, 2); /* the chunk may be the epoch */
    const points training = fake_run_points("run/train");
    ck_assert(isfinite(points_value(&training, "batch_loss", STEPS + 1)));
}
END_TEST

START_TEST(what_is_queued_when_a_signal_comes_is_logged_too)
{
    signals_install();
    fake_engine_plan_now.on_step = fake_run_interrupt_at_first_step;
    ck_assert_int_eq(fake_run_train("run", 100, 1, 1, 1), OUTCOME_STOPPED);
    ck_assert_uint_eq(fake_engine_trains, 2); /* the one with the first step, and the next one */
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), fake_engine_steps_queued);
}
END_TEST

START_TEST(repeated_signals_change_nothing)
{
    signals_install();
    for (int i = 0; i < 3; i++) {
        raise(SIGUSR1);
        raise(SIGTERM);
        raise(SIGINT);
    }
    ck_assert_int_eq(signals_noted(), SIGUSR1);
    ck_assert_str_eq(signals_name(), "SIGUSR1");
}
END_TEST

START_TEST(a_second_interrupt_after_a_second_ends_the_process)
{
    signals_install();
    raise(SIGINT);
    nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    raise(SIGTERM);
    ck_assert_int_eq(signals_noted(), SIGINT);
    raise(SIGINT); /* the test expects to die of it */
}
END_TEST

START_TEST(an_ignored_signal_stays_ignored)
{
    signal(SIGHUP, SIG_IGN);
    signals_install();
    raise(SIGHUP);
    ck_assert_int_eq(signals_noted(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_signals");
    TCase *signals = tcase_create("signals");
    tcase_add_checked_fixture(signals, fake_run_set_up, fake_run_tear_down);
    tcase_add_loop_test(signals, a_signal_ends_the_run_with_everything_logged_so_far, 0, 5);
    tcase_add_test(signals, what_is_queued_when_a_signal_comes_is_logged_too);
    tcase_add_test(signals, repeated_signals_change_nothing);
    tcase_add_test(signals, an_ignored_signal_stays_ignored);
    suite_add_tcase(suite, signals);
    TCase *deaths = tcase_create("deaths"); /* without the fixture: nobody would tear it down */
    tcase_add_test_raise_signal(deaths, a_second_interrupt_after_a_second_ends_the_process, SIGINT);
    suite_add_tcase(suite, deaths);
    return run_suite(suite);
}
