/* A run that is resumed many times: nothing that grows with it may have a fixed limit. */
#include <check.h>

#include "check_main.h"
#include "fake_run.h"
#include "scratch.h"

/* An array was once too small for some 31 resumptions. */
START_TEST(a_run_is_resumed_two_hundred_times)
{
    enum { RESUMES = 200 };
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    fake_run_resumes = true;
    for (uint32_t i = 1; i <= RESUMES; i++) {
        ck_assert_int_eq(fake_run("run", i + 1, 0), OUTCOME_DONE);
        ck_assert_uint_eq(fake_run_record.epoch_count, i + 1);
        ck_assert_uint_eq(fake_run_record.event_file_count, 3 * (i + 1));
    }
    ck_assert_uint_eq(fake_engine_steps_queued, (RESUMES + 1) * STEPS);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "epoch_loss"), RESUMES + 1);
    ck_assert_int_eq(scratch_count("run/train"), RESUMES + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("many_resumes");
    TCase *resuming = tcase_create("resuming");
    tcase_add_checked_fixture(resuming, fake_run_set_up, fake_run_tear_down);
    tcase_add_test(resuming, a_run_is_resumed_two_hundred_times);
    suite_add_tcase(suite, resuming);
    return run_suite(suite);
}
