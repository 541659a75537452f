/* A loss that is not finite: what is printed and recorded, when, and whether the run continues. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "fake_run.h"
#include "scratch.h"

/* Makes a run whose training or validation loss is `loss` from a step on. The caller frees the
 * returned output. */
static char *diverge(double loss, uint64_t training_from, uint64_t validation_from,
                     outcome expected)
{
    char *output = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&output, &size);
    progress_init(&fake_run_display, out, PROGRESS_LINES);
    fake_engine_plan_now.diverged_loss = loss;
    fake_engine_plan_now.diverges_at_step = training_from;
    fake_engine_plan_now.val_diverges_at_step = validation_from;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), expected);
    fclose(out);
    return output;
}

/* Asserts that run.json says that the run diverged. */
static void assert_diverged_in_state(run_state state, uint64_t step, uint32_t epochs)
{
    run_record there;
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), fake_run_message), FILE_READ);
    ck_assert_int_eq(there.state, state);
    ck_assert_int_eq(run_record_state_at_rest(&there), RUN_DIVERGED);
    ck_assert_uint_eq(there.diverged_at_step, step);
    ck_assert_uint_eq(there.epoch_count, epochs);
    run_record_free(&there);
}

static void assert_diverged(uint64_t step, uint32_t epochs)
{
    assert_diverged_in_state(RUN_DIVERGED, step, epochs);
}

static void assert_said_once(const char *output, const char *line)
{
    const char *said = strstr(output, "Diverged: ");
    ck_assert_msg(said != NULL && strncmp(said, line, strlen(line)) == 0, "%s", output);
    ck_assert_ptr_null(strstr(said + 1, "Diverged: "));
}

START_TEST(a_training_loss_that_is_not_finite_is_said_once_and_the_run_trains_on)
{
    static const struct {
        double loss;
        const char *line;
    } cases[] = {
        {NAN, "Diverged: the training loss is nan at step 2 of epoch 2\nEpoch 2/3 "},
        {-NAN, "Diverged: the training loss is nan at step 2 of epoch 2\n"},
        {INFINITY, "Diverged: the training loss is inf at step 2 of epoch 2\n"},
        {-INFINITY, "Diverged: the training loss is -inf at step 2 of epoch 2\n"},
        {1e40, "Diverged: the training loss is 2.5e+39 at step 2 of epoch 2\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *output = diverge(cases[i].loss, STEPS + 2, 0, OUTCOME_DONE);
        assert_said_once(output, cases[i].line);
        assert_diverged(STEPS + 2, EPOCHS);
        const points training = fake_run_points("run/train");
        ck_assert_uint_eq(points_count(&training, "batch_loss"), EPOCHS * STEPS);
        ck_assert(!scratch_exists("run/checkpoint"));
        free(output);
    }
}
END_TEST

START_TEST(a_validation_loss_that_is_not_finite_is_a_divergence_too)
{
    char *output = diverge(NAN, 0, 2 * STEPS, OUTCOME_DONE);
    assert_said_once(output, "Diverged: the validation loss is nan at step 6 of epoch 2\n");
    assert_diverged(2 * STEPS, EPOCHS);
    free(output);
}
END_TEST

START_TEST(the_largest_finite_loss_is_no_divergence)
{
    char *output = diverge(1e38, 1, 1, OUTCOME_DONE);
    ck_assert_ptr_null(strstr(output, "Diverged"));
    ck_assert_int_eq(fake_run_record.state, RUN_FINISHED);
    free(output);
}
END_TEST

/* Steps that were queued after it are not part of the run, so its end does not depend on timing. */
START_TEST(a_run_that_terminates_on_nan_ends_after_the_step)
{
    fake_run_terminates = true;
    char *output = diverge(NAN, STEPS + 3, 0, OUTCOME_DIVERGED);
    assert_said_once(output, "Diverged: the training loss is nan at step 3 of epoch 2\n");
    assert_diverged(STEPS + 3, 1);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), STEPS + 3);
    ck_assert_uint_eq(points_count(&training, "epoch_loss"), 1);
    ck_assert(!scratch_exists("run/checkpoint"));
    free(output);
}
END_TEST

/* Then the epoch is complete: it is validated and logged before the run ends. */
START_TEST(a_run_that_terminates_at_an_epochs_end_keeps_the_epoch)
{
    fake_run_terminates = true;
    free(diverge(NAN, 2 * STEPS, 0, OUTCOME_DIVERGED));
    assert_diverged(2 * STEPS, 2);
    free(diverge(NAN, 0, STEPS, OUTCOME_DIVERGED));
    assert_diverged(STEPS, 1);
    free(diverge(NAN, 0, EPOCHS * STEPS, OUTCOME_DIVERGED));
    assert_diverged(EPOCHS * STEPS, EPOCHS);
}
END_TEST

static void read_record_at_the_epochs_end(uint64_t step)
{
    if (step == STEPS) {
        assert_diverged_in_state(RUN_RUNNING, 1, 0);
    }
}

/* If it were killed now, nothing would resume it. */
START_TEST(run_json_says_that_a_run_diverged_before_its_epoch_ends)
{
    fake_engine_plan_now.on_step = read_record_at_the_epochs_end;
    free(diverge(NAN, 1, 0, OUTCOME_DONE));
    assert_diverged(1, EPOCHS);
}
END_TEST

/* It counts as diverged, whatever ends it, and saves no state, since it is never resumed. */
START_TEST(a_diverged_run_that_fails_has_diverged)
{
    fake_engine_plan_now.fail_at_step = 2 * STEPS + 2;
    free(diverge(NAN, 2, 0, OUTCOME_FAILED));
    ck_assert_ptr_nonnull(strstr(fake_run_message, "told to fail"));
    assert_diverged(2, 2);
    ck_assert(!scratch_exists("run/checkpoint"));
}
END_TEST

START_TEST(a_diverged_run_is_not_resumed)
{
    free(diverge(NAN, STEPS + 2, 0, OUTCOME_DONE));
    char *before = scratch_read("run/run.json");
    fake_run_resumes = true;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_TAKEN);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "a diverged run of this configuration"));
    char *after = scratch_read("run/run.json");
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_divergence");
    TCase *losses = tcase_create("losses");
    tcase_add_checked_fixture(losses, fake_run_set_up, fake_run_tear_down);
    tcase_add_test(losses, a_training_loss_that_is_not_finite_is_said_once_and_the_run_trains_on);
    tcase_add_test(losses, a_validation_loss_that_is_not_finite_is_a_divergence_too);
    tcase_add_test(losses, the_largest_finite_loss_is_no_divergence);
    tcase_add_test(losses, a_run_that_terminates_on_nan_ends_after_the_step);
    tcase_add_test(losses, a_run_that_terminates_at_an_epochs_end_keeps_the_epoch);
    tcase_add_test(losses, run_json_says_that_a_run_diverged_before_its_epoch_ends);
    tcase_add_test(losses, a_diverged_run_that_fails_has_diverged);
    tcase_add_test(losses, a_diverged_run_is_not_resumed);
    suite_add_tcase(suite, losses);
    return run_suite(suite);
}
