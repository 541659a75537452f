/* One run with an engine whose metrics are known: what is logged at which step, what run.json
 * says, and what is left behind when something fails or a signal comes. */
#include <check.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check_main.h"
#include "fake_run.h"
#include "run_lock.h"
#include "scratch.h"
#include "signals.h"

START_TEST(epoch_metrics_are_means_over_the_samples_with_a_short_last_batch)
{
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    const points training = fake_run_points("run/train");
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        ASSERT_LOGGED(points_value(&training, "epoch_loss", epoch), fake_run_loss(epoch, STEPS));
        ASSERT_LOGGED(points_value(&training, "epoch_accuracy", epoch),
                      fake_run_accuracy(epoch, STEPS));
        ASSERT_LOGGED(points_value(&training, "epoch_learning_rate", epoch), 0.002);
        ck_assert_double_gt(points_value(&training, "epoch_steps_per_second", epoch), 0);
        ck_assert_double_gt(points_value(&training, "epoch_samples_per_second", epoch), 0);
    }
    ck_assert_uint_eq(training.count, 1 + 5 * EPOCHS);  /* with the network */
    ck_assert_uint_eq(training.events, 1 + 2 + EPOCHS); /* with the version and two graphs */
    ck_assert_uint_eq(points_count(&training, "keras"), 1);
}
END_TEST

START_TEST(validation_is_logged_by_epoch_and_by_iteration)
{
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    const points validation = fake_run_points("run/validation");
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        const uint64_t steps = (uint64_t)(epoch + 1) * STEPS;
        const double loss =
            fake_engine_val_loss_sum(steps, VALIDATION_SAMPLES) / VALIDATION_SAMPLES;
        const double accuracy =
            (double)fake_engine_val_correct(steps, VALIDATION_SAMPLES) / VALIDATION_SAMPLES;
        const int64_t iterations = (int64_t)steps;
        ASSERT_LOGGED(points_value(&validation, "epoch_loss", epoch), loss);
        ASSERT_LOGGED(points_value(&validation, "epoch_accuracy", epoch), accuracy);
        ASSERT_LOGGED(points_value(&validation, "evaluation_loss_vs_iterations", iterations), loss);
        ASSERT_LOGGED(points_value(&validation, "evaluation_accuracy_vs_iterations", iterations),
                      accuracy);
    }
    ck_assert_uint_eq(validation.count, 6 * EPOCHS); /* with two pictures */
}
END_TEST

START_TEST(batch_points_are_the_epochs_running_means_at_multiples_of_k)
{
    const uint32_t every = 4;
    ck_assert_int_eq(fake_run("run", EPOCHS, every), OUTCOME_DONE);
    const points training = fake_run_points("run/train");
    for (uint32_t step = 1; step <= EPOCHS * STEPS; step++) {
        const uint32_t epoch = (step - 1) / STEPS;
        const uint32_t place = (step - 1) % STEPS + 1;
        if (step % every != 0) {
            ck_assert(isnan(points_value(&training, "batch_loss", step)));
            continue;
        }
        ASSERT_LOGGED(points_value(&training, "batch_loss", step), fake_run_loss(epoch, place));
        ASSERT_LOGGED(points_value(&training, "batch_accuracy", step),
                      fake_run_accuracy(epoch, place));
    }
    ck_assert_uint_eq(points_count(&training, "batch_loss"), EPOCHS * STEPS / every);
}
END_TEST

START_TEST(every_step_is_logged_when_asked_for)
{
    ck_assert_int_eq(fake_run("run", 100, 1), OUTCOME_DONE);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), 100 * STEPS);
    ck_assert_uint_eq(points_count(&training, "batch_accuracy"), 100 * STEPS);
}
END_TEST

/* Each epoch's last batch is short. */
START_TEST(batch_points_stand_at_the_samples_seen_too)
{
    uint32_t samples = 0;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    const points training = fake_run_points("run/train");
    for (uint32_t step = 1; step <= EPOCHS * STEPS; step++) {
        samples += step % STEPS == 0 ? LAST_BATCH : BATCH_SIZE;
        ck_assert_double_eq(points_value(&training, "batch_loss_vs_samples", samples),
                            points_value(&training, "batch_loss", step));
        ck_assert_double_eq(points_value(&training, "batch_accuracy_vs_samples", samples),
                            points_value(&training, "batch_accuracy", step));
    }
    ck_assert_uint_eq(samples, EPOCHS * TRAINING_SAMPLES);
    ck_assert_uint_eq(points_count(&training, "batch_loss_vs_samples"), EPOCHS * STEPS);
    ck_assert_uint_eq(points_count(&training, "batch_accuracy_vs_samples"), EPOCHS * STEPS);
}
END_TEST

START_TEST(chunks_grow_but_stay_within_an_epoch)
{
    ck_assert_int_eq(fake_run("run", 20, 0), OUTCOME_DONE);
    ck_assert_uint_gt(fake_engine_longest_chunk, 1);
    ck_assert_uint_le(fake_engine_longest_chunk, STEPS);
}
END_TEST

/* A device that runs asynchronously never runs dry within an epoch. */
START_TEST(a_chunk_is_queued_before_the_last_one_is_taken)
{
    ck_assert_int_eq(fake_run_train("run", 100, 1, EPOCHS, 1), OUTCOME_DONE);
    ck_assert_uint_gt(fake_engine_trains, 2 * EPOCHS);
    /* All but the first of each epoch. */
    ck_assert_uint_eq(fake_engine_overlaps, fake_engine_trains - EPOCHS);
}
END_TEST

START_TEST(nothing_is_queued_when_an_epoch_is_validated)
{
    ck_assert_int_eq(fake_run_train("run", 100, 1, EPOCHS, 1), OUTCOME_DONE);
    ck_assert_uint_eq(fake_engine_unfinished_at_evaluate, 0);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), EPOCHS * 100);
}
END_TEST

/* The fake engine refuses more than ENGINE_MAX_QUEUED_STEPS. */
START_TEST(two_chunks_are_never_more_than_an_engine_takes)
{
    ck_assert_int_eq(fake_run_train("run", MOST_SAMPLES, 1, 1, 0), OUTCOME_DONE);
    ck_assert_uint_eq(fake_engine_longest_chunk, ENGINE_MAX_QUEUED_STEPS / 2);
}
END_TEST

START_TEST(run_json_tells_the_finished_run)
{
    ck_assert_int_eq(fake_run("a/run", EPOCHS, 0), OUTCOME_DONE);
    run_record there;
    ck_assert_int_eq(run_record_read(&there, scratch_path("a/run"), fake_run_message),
                     RUN_RECORD_READ);
    ck_assert_int_eq(there.state, RUN_FINISHED);
    ck_assert_uint_eq(there.epoch_count, EPOCHS);
    ck_assert_str_eq(there.hardware, "nothing");
    ck_assert_uint_eq(there.memory.total, 1000 * BATCH_SIZE + 5000);
    ck_assert_double_eq(there.epochs[1].loss, fake_run_loss(1, STEPS));
    ck_assert_double_eq(there.epochs[1].accuracy, fake_run_accuracy(1, STEPS));
    ck_assert_double_eq(there.epochs[2].val_accuracy,
                        (double)fake_engine_val_correct(EPOCHS * STEPS, VALIDATION_SAMPLES) /
                            VALIDATION_SAMPLES);
    run_record_free(&there);
}
END_TEST

START_TEST(the_display_has_the_tutorials_words)
{
    char *output = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&output, &size);
    progress_init(&fake_run_display, out, PROGRESS_LINES);
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(output, "n_iterations = n_epochs × n_batches = 3 × 6 = 18"));
    ck_assert_ptr_nonnull(strstr(output, "batch_size × n_batches = 4 × 6 = 24 covers all 22"));
    ck_assert_ptr_nonnull(strstr(output, "Epoch 3/3 - 6/6 - "));
    free(output);
}
END_TEST

START_TEST(a_run_takes_the_place_of_the_one_before)
{
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    run_record_free(&fake_run_record);
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "epoch_loss"), 1);
    ck_assert_uint_eq(points_count(&training, "batch_loss"), 0);
    ck_assert_int_eq(scratch_count("run/train"), 1);
}
END_TEST

/* ---- What fails before the first step leaves nothing ---- */

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
    ck_assert(scratch_exists("other/" RUN_LOCK_FILE)); /* as in any directory that was there */
    ck_assert_int_eq(scratch_count("other"), 2);
}
END_TEST

/* ---- What fails later leaves what was logged, marked ---- */

/* run.json and the event files agree on `least` to `most` epochs of an interrupted run. */
static void assert_interrupted(uint32_t least, uint32_t most)
{
    run_record there;
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), fake_run_message),
                     RUN_RECORD_READ);
    ck_assert_int_eq(there.state, RUN_INTERRUPTED);
    ck_assert_uint_ge(there.epoch_count, least);
    ck_assert_uint_le(there.epoch_count, most);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "epoch_loss"), there.epoch_count);
    run_record_free(&there);
}

START_TEST(an_engine_that_fails_marks_the_run_and_keeps_its_log)
{
    fake_engine_plan_now.fail_at_step = STEPS + 2;
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(
        strstr(fake_run_message, "the fake engine failed to train: told to fail"));
    assert_interrupted(1, 1);
}
END_TEST

/* The last step that was done is the epoch's last but one, and is logged. */
START_TEST(steps_done_before_a_device_is_lost_are_logged)
{
    fake_engine_plan_now.lost_at_step = STEPS;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "told to be lost"));
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), STEPS - 1);
    assert_interrupted(0, 0);
}
END_TEST

/* A chunk is queued and not taken when the next one is refused: its steps are logged, as far as
 * they were done, and what the call said that was refused is told. */
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
    assert_interrupted(0, 0);
}
END_TEST

START_TEST(an_engine_that_loses_steps_is_not_waited_for)
{
    fake_engine_plan_now.lost_steps = 1;
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_FAILED);
    assert_interrupted(0, 0);
}
END_TEST

/* ---- A loss that is not finite ---- */

/* A run whose training loss or validation loss is `loss` from a step on. What it prints is for the
 * caller to free. */
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

/* What run.json says of a run that diverged. */
static void assert_diverged_in_state(run_state state, uint64_t step, uint32_t epochs)
{
    run_record there;
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), fake_run_message),
                     RUN_RECORD_READ);
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

/* Steps that were queued after it are no part of the run, so that its end does not depend on the
 * pace. */
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

/* The epoch is whole then: it is validated and logged before the run ends. */
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

/* Were it killed now, nobody would resume it. */
START_TEST(run_json_says_that_a_run_diverged_before_its_epoch_ends)
{
    fake_engine_plan_now.on_step = read_record_at_the_epochs_end;
    free(diverge(NAN, 1, 0, OUTCOME_DONE));
    assert_diverged(1, EPOCHS);
}
END_TEST

/* It diverged whatever else ends it, and saves no state that nobody would resume. */
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
    assert_interrupted(1, 2); /* the chunk may be the epoch */
    const points training = fake_run_points("run/train");
    ck_assert(isfinite(points_value(&training, "batch_loss", STEPS + 1)));
}
END_TEST

static void raise_at_first_step(uint64_t step)
{
    if (step == 1) {
        raise(SIGINT);
    }
}

START_TEST(what_is_queued_when_a_signal_comes_is_logged_too)
{
    signals_install();
    fake_engine_plan_now.on_step = raise_at_first_step;
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
    ck_assert_int_eq(run_record_read(&there, scratch_path("moved"), fake_run_message),
                     RUN_RECORD_READ);
    ck_assert_int_eq(there.state, RUN_INTERRUPTED);
    run_record_free(&there);
}
END_TEST

/* Another run is put in the place of the one that trains. */
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
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), fake_run_message),
                     RUN_RECORD_READ);
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
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), fake_run_message),
                     RUN_RECORD_READ);
    ck_assert_uint_eq(there.epoch_count, 1);
    run_record_free(&there);
}
END_TEST

/* What another host's process does that has got the lock, which this one has lost. */
static void take_over(void)
{
    char unread[MESSAGE_BYTES];
    run_record there;
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), unread), RUN_RECORD_READ);
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

/* In the middle of an epoch, while its state is saved, and while that of a run is saved that a
 * signal ends. */
START_TEST(a_run_that_another_process_takes_over_ends_and_writes_nothing_more)
{
    static const uint32_t last_state[] = {1, 0, 0}; /* epochs in it; 0 for none */
    if (_i == 0) {
        fake_engine_plan_now.on_step = take_over_in_second_epoch;
    } else {
        fake_engine_plan_now.on_export = take_over;
    }
    if (_i == 2) {
        signal_to_raise = SIGTERM;
        signals_install();
        fake_engine_plan_now.on_step = raise_at_first_step;
    }
    ck_assert_int_eq(fake_run("run", 1000, 1), OUTCOME_FAILED);
    ck_assert_msg(strstr(fake_run_message, " on node7, has taken this run over") != NULL, "%s",
                  fake_run_message);
    run_record there;
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), fake_run_message),
                     RUN_RECORD_READ);
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
    setlocale(LC_CTYPE, "C.UTF-8"); /* the signs that the tests expect */
    Suite *suite = suite_create("run_loop");
    TCase *logs = tcase_create("logs");
    tcase_add_checked_fixture(logs, fake_run_set_up, fake_run_tear_down);
    tcase_add_test(logs, epoch_metrics_are_means_over_the_samples_with_a_short_last_batch);
    tcase_add_test(logs, validation_is_logged_by_epoch_and_by_iteration);
    tcase_add_test(logs, batch_points_are_the_epochs_running_means_at_multiples_of_k);
    tcase_add_test(logs, every_step_is_logged_when_asked_for);
    tcase_add_test(logs, batch_points_stand_at_the_samples_seen_too);
    tcase_add_test(logs, chunks_grow_but_stay_within_an_epoch);
    tcase_add_test(logs, a_chunk_is_queued_before_the_last_one_is_taken);
    tcase_add_test(logs, nothing_is_queued_when_an_epoch_is_validated);
    tcase_add_test(logs, two_chunks_are_never_more_than_an_engine_takes);
    tcase_add_test(logs, run_json_tells_the_finished_run);
    tcase_add_test(logs, the_display_has_the_tutorials_words);
    tcase_add_test(logs, a_run_takes_the_place_of_the_one_before);
    suite_add_tcase(suite, logs);
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
    tcase_add_test(failures, a_training_loss_that_is_not_finite_is_said_once_and_the_run_trains_on);
    tcase_add_test(failures, a_validation_loss_that_is_not_finite_is_a_divergence_too);
    tcase_add_test(failures, the_largest_finite_loss_is_no_divergence);
    tcase_add_test(failures, a_run_that_terminates_on_nan_ends_after_the_step);
    tcase_add_test(failures, a_run_that_terminates_at_an_epochs_end_keeps_the_epoch);
    tcase_add_test(failures, run_json_says_that_a_run_diverged_before_its_epoch_ends);
    tcase_add_test(failures, a_diverged_run_that_fails_has_diverged);
    tcase_add_test(failures, a_diverged_run_is_not_resumed);
    tcase_add_loop_test(failures, a_signal_ends_the_run_with_everything_logged_so_far, 0, 5);
    tcase_add_test(failures, what_is_queued_when_a_signal_comes_is_logged_too);
    tcase_add_test(failures, repeated_signals_change_nothing);
    tcase_add_test(failures, an_ignored_signal_stays_ignored);
    tcase_add_test(failures, a_vanished_directory_ends_the_run);
    tcase_add_test(failures, a_directory_that_takes_the_runs_place_is_not_written_to);
    tcase_add_test(failures, a_record_that_cannot_be_written_ends_the_run);
    tcase_add_loop_test(failures,
                        a_run_that_another_process_takes_over_ends_and_writes_nothing_more, 0, 3);
    suite_add_tcase(suite, failures);
    TCase *deaths = tcase_create("deaths"); /* without the fixture: nobody would tear it down */
    tcase_add_test_raise_signal(deaths, a_second_interrupt_after_a_second_ends_the_process, SIGINT);
    suite_add_tcase(suite, deaths);
    return run_suite(suite);
}
