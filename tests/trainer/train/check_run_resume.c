/* Runs that are interrupted and resumed, with an engine whose metrics are known: nothing finished
 * is trained or logged twice, and nothing is missing. */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "fake_run.h"
#include "scratch.h"
#include "signals.h"
#include "tblog/tblog.h"

/* Trains a run that fails in its third epoch, as when a device is lost. The next one resumes it. */
static void fail_in_third_epoch(void)
{
    fake_engine_plan_now.fail_at_step = 2 * STEPS + 2;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_FAILED);
    ck_assert(scratch_exists("run/checkpoint"));
    fake_engine_plan_now.fail_at_step = 0;
    fake_engine_steps_queued = 0;
    fake_run_resumes = true;
}

START_TEST(a_run_that_failed_goes_on_from_its_checkpoint)
{
    fail_in_third_epoch();
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    ck_assert_uint_eq(fake_engine_steps_queued, STEPS); /* only of the third epoch */
    ck_assert_uint_eq(fake_run_record.epoch_count, EPOCHS);
    ck_assert(scratch_exists("run/checkpoint"));
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), EPOCHS * STEPS);
    ck_assert_uint_eq(points_count(&training, "epoch_loss"), EPOCHS);
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        ASSERT_LOGGED(points_value(&training, "epoch_loss", epoch), fake_run_loss(epoch, STEPS));
    }
    const points session = fake_run_points("run");
    ASSERT_LOGGED(points_value(&session, "hparams/best_validation_loss", EPOCHS - 1),
                  fake_engine_val_loss_sum(EPOCHS * STEPS, VALIDATION_SAMPLES) /
                      VALIDATION_SAMPLES);
}
END_TEST

/* It trains from step 1, and existing points are neither deleted nor logged twice. */
START_TEST(a_state_that_the_engine_refuses_is_no_state)
{
    fail_in_third_epoch();
    fake_engine_plan_now.refuse_state = true;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    ck_assert_uint_eq(fake_engine_steps_queued, EPOCHS * STEPS);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "epoch_loss"), EPOCHS);
    ck_assert_uint_eq(points_count(&training, "batch_loss"), EPOCHS * STEPS);
    ck_assert_uint_eq(points_count(&training, "batch_loss_vs_samples"), EPOCHS * STEPS);
    ck_assert_uint_eq(points_count(&training, "keras"), 1);
    ck_assert_int_eq(scratch_count("run/train"), 2);
    const points session = fake_run_points("run");
    ck_assert_uint_eq(points_count(&session, "configuration"), 1);
    ck_assert_uint_eq(points_count(&session, "_hparams_/session_start_info"), 1);
}
END_TEST

/* The process dies after it has made new event files and before it has named them. */
START_TEST(event_files_that_nobody_named_stay_the_runs)
{
    ck_assert_int_eq(fake_run("run", 1, 1), OUTCOME_DONE);
    fake_run_record.event_file_count = 0;
    ck_assert_int_eq(scratch_write_record("run", &fake_run_record, fake_run_message), 0);
    fake_run_resumes = true;
    ck_assert_int_eq(fake_run("run", 2, 1), OUTCOME_DONE);
    ck_assert_uint_eq(fake_run_record.event_file_count, 6);
    ck_assert_int_eq(fake_run("run", 3, 1), OUTCOME_DONE);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), 3 * STEPS);
}
END_TEST

START_TEST(a_finished_run_may_be_given_more_epochs_but_not_fewer)
{
    ck_assert_int_eq(fake_run("run", 2, 1), OUTCOME_DONE);
    fake_run_resumes = true;
    ck_assert_int_eq(fake_run("run", 1, 1), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "a run of 2 epochs already, more than 1"));
    fake_engine_steps_queued = 0;
    ck_assert_int_eq(fake_run("run", 3, 1), OUTCOME_DONE);
    ck_assert_uint_eq(fake_engine_steps_queued, STEPS);
    const points training = fake_run_points("run/train");
    for (uint32_t epoch = 0; epoch < 3; epoch++) {
        ASSERT_LOGGED(points_value(&training, "epoch_loss", epoch), fake_run_loss(epoch, STEPS));
    }
    const points session = fake_run_points("run");
    ck_assert_uint_eq(points_count(&session, "_hparams_/session_end_info"), 1);
    ck_assert_uint_eq(points_count(&session, "configuration"), 2); /* the new one at step 2 */
}
END_TEST

/* The number of the call that fails; 0 for none. */
static int open_to_fail;

tblog_status __real_tblog_writer_open(tblog_writer **out, const char *directory,
                                      const tblog_writer_options *options);
tblog_status __wrap_tblog_writer_open(tblog_writer **out, const char *directory,
                                      const tblog_writer_options *options);

tblog_status __wrap_tblog_writer_open(tblog_writer **out, const char *directory,
                                      const tblog_writer_options *options)
{
    if (open_to_fail > 0 && --open_to_fail == 0) {
        errno = ENOSPC;
        return TBLOG_IO;
    }
    return __real_tblog_writer_open(out, directory, options);
}

/* The last of three event files cannot be made. */
START_TEST(a_finished_run_whose_continuation_cannot_begin_stays_finished)
{
    run_record there;
    ck_assert_int_eq(fake_run("run", 2, 1), OUTCOME_DONE);
    fake_run_resumes = true;
    open_to_fail = 3;
    ck_assert_int_eq(fake_run("run", 3, 1), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "no event file can be made"));
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), fake_run_message), FILE_READ);
    ck_assert_int_eq(there.state, RUN_FINISHED);
    ck_assert_uint_eq(there.config.epochs, 2);
    ck_assert_uint_eq(there.epoch_count, 2);
    ck_assert_uint_eq(there.event_file_count, 5); /* three, and two of the three new ones */
    run_record_free(&there);

    fake_engine_steps_queued = 0;
    ck_assert_int_eq(fake_run("run", 3, 1), OUTCOME_DONE);
    ck_assert_uint_eq(fake_engine_steps_queued, STEPS);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), 3 * STEPS);
    const points validation = fake_run_points("run/validation");
    ck_assert_uint_eq(points_count(&validation, "epoch_loss"), 3);
}
END_TEST

START_TEST(a_run_that_keeps_no_state_is_trained_again_for_more_epochs)
{
    fake_run_no_state = true;
    ck_assert_int_eq(fake_run("run", 2, 1), OUTCOME_DONE);
    ck_assert(!scratch_exists("run/checkpoint"));
    fake_run_resumes = true;
    fake_engine_steps_queued = 0;
    ck_assert_int_eq(fake_run("run", 3, 1), OUTCOME_DONE);
    ck_assert_uint_eq(fake_engine_steps_queued, 3 * STEPS);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), 3 * STEPS);
}
END_TEST

static uint64_t stop_at_step;

static void stop(uint64_t step)
{
    if (step == stop_at_step) {
        raise(SIGTERM);
    }
}

/* Runs to the end. The caller frees the returned output. */
static char *train_and_print(void)
{
    char *output = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&output, &size);
    progress_init(&fake_run_display, out, PROGRESS_LINES);
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    fclose(out);
    return output;
}

/* A resumed run says after which of its steps it continues. */
static void assert_said_from_where(const char *output, uint64_t step)
{
    char line[96];
    const unsigned within = (unsigned)(step % STEPS);
    int length = snprintf(line, sizeof line, "\nResumed   after epoch %u of %u",
                          (unsigned)(step / STEPS), (unsigned)EPOCHS);
    if (within > 0) {
        length += snprintf(line + length, sizeof line - (size_t)length, ", step %u of %u", within,
                           (unsigned)STEPS);
    }
    snprintf(line + length, sizeof line - (size_t)length, "\n");
    ck_assert_msg(strstr(output, line) != NULL, "%sis not in: %s", line, output);
}

/* The run ends after any step, in the middle of an epoch too, and continues after it: each point is
 * there once, with the value of a run that was not disturbed. */
START_TEST(a_stopped_run_continues_after_its_last_step)
{
    stop_at_step = (uint64_t)_i;
    signals_install();
    fake_engine_plan_now.on_step = stop;
    fake_run_histograms = true;
    fake_run_noise_scale = true;
    const outcome stopped = fake_run("run", EPOCHS, 1);
    const uint64_t trained = fake_engine_steps_queued;
    ck_assert_int_eq(stopped, trained == EPOCHS * STEPS ? OUTCOME_DONE : OUTCOME_STOPPED);
    if (stopped == OUTCOME_DONE) {
        return;
    }
    ck_assert(scratch_exists("run/checkpoint"));
    fake_engine_plan_now.on_step = NULL;
    signals_install();
    fake_run_resumes = true;
    char *output = train_and_print();
    assert_said_from_where(output, trained);
    free(output);
    ck_assert_uint_eq(fake_engine_steps_queued, EPOCHS * STEPS); /* none twice */
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), EPOCHS * STEPS);
    ck_assert_uint_eq(points_count(&training, "batch_loss_vs_samples"), EPOCHS * STEPS);
    for (uint32_t step = 1; step <= EPOCHS * STEPS; step++) {
        ASSERT_LOGGED(points_value(&training, "batch_loss", step),
                      fake_run_loss((step - 1) / STEPS, (step - 1) % STEPS + 1));
    }
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        ASSERT_LOGGED(points_value(&training, "epoch_accuracy", epoch),
                      fake_run_accuracy(epoch, STEPS));
        ck_assert_double_eq(fake_run_record.epochs[epoch].loss, fake_run_loss(epoch, STEPS));
    }
    ck_assert_uint_eq(points_count(&training, "sequential/dense/bias/histogram"), EPOCHS);
    ck_assert_uint_eq(points_count(&training, "gradient/dense/bias/histogram"), EPOCHS);
    ck_assert_uint_eq(points_count(&training, "epoch_gradient_noise_scale"), EPOCHS);
    ck_assert_uint_eq(points_count(&training, "epoch_gradient_variance"), EPOCHS);
    const points validation = fake_run_points("run/validation");
    ck_assert_uint_eq(validation.count, 6 * EPOCHS);
}
END_TEST

static const engine_api *cpu;
static bool (*run_is_stopped)(void); /* the run loop's own function */
static int asked;
static int stop_when_asked; /* at this call; 0 for never */

static bool count_and_ask(void)
{
    if (++asked == stop_when_asked) {
        raise(SIGTERM);
    }
    return run_is_stopped();
}

static engine_status create_asking(engine **out, const engine_config *config,
                                   const engine_data *training, const engine_data *validation,
                                   char *message, size_t message_bytes)
{
    engine_config counted = *config;
    run_is_stopped = config->is_stopped;
    counted.is_stopped = count_and_ask;
    return cpu->create(out, &counted, training, validation, message, message_bytes);
}

/* Makes a run in micro-batches on the CPU engine. A signal comes at call number `stop_at` of
 * is_stopped. */
static outcome train_on_cpu(const char *name, int stop_at)
{
    engine_api asking = *cpu;
    asking.create = create_asking;
    fake_run_engine = &asking;
    fake_run_micro_batch = BATCH_SIZE / 2;
    asked = 0;
    stop_when_asked = stop_at;
    signals_install();
    return fake_run(name, 2, 1);
}

enum { ASKED_A_STEP = 2, ASKED_AN_EPOCH = (STEPS - 1) * ASKED_A_STEP + LAST_BATCH / 2 };

/* In the middle of the first step and of a later one, before a step, and in the second epoch. */
static const int stops[] = {2, ASKED_AN_EPOCH - 1, ASKED_AN_EPOCH, ASKED_AN_EPOCH + 2};
enum { STOPS = sizeof stops / sizeof stops[0] };

/* The parameters and the moments, which end a checkpoint of the CPU engine. To be freed. */
static char *read_state(const char *path, size_t bytes)
{
    char *const state = malloc(bytes);
    FILE *const file = fopen(scratch_path(path), "rb");
    ck_assert_ptr_nonnull(state);
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, -(long)bytes, SEEK_END), 0);
    ck_assert_uint_eq(fread(state, 1, bytes, file), bytes);
    fclose(file);
    return state;
}

/* A signal interrupts a step between its micro-batches. Everything before the step is kept, and the
 * resumed run ends with the bits of an undisturbed one. */
START_TEST(a_step_that_is_broken_off_is_trained_again_to_the_same_bits)
{
    const int before = stops[_i] - 1; /* micro-batches that were computed */
    const int done = before / ASKED_AN_EPOCH * STEPS + before % ASKED_AN_EPOCH / ASKED_A_STEP;
    cpu = engine_find("cpu");
    ck_assert_int_eq(train_on_cpu("whole", 0), OUTCOME_DONE);
    ck_assert_int_eq(asked, 2 * ASKED_AN_EPOCH);
    ck_assert_int_eq(train_on_cpu("run", stops[_i]), OUTCOME_STOPPED);
    ck_assert_int_eq(asked, stops[_i]); /* no micro-batch after the signal */
    points logged = fake_run_points("run/train");
    ck_assert_int_eq((int)points_count(&logged, "batch_loss"), done);

    fake_run_resumes = true;
    ck_assert_int_eq(train_on_cpu("run", 0), OUTCOME_DONE);
    logged = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&logged, "batch_loss"), 2 * STEPS);
    const size_t bytes = 3 * LENET_PARAMETERS * sizeof(float);
    char *const state = read_state("run/checkpoint", bytes);
    char *const whole = read_state("whole/checkpoint", bytes);
    ck_assert_mem_eq(state, whole, bytes);
    free(whole);
    free(state);
}
END_TEST

/* A signal that comes before anything is opened. */
START_TEST(a_run_that_is_stopped_before_it_is_resumed_says_what_it_has)
{
    signals_install();
    raise(SIGTERM);
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_STOPPED);
    ck_assert_str_eq(fake_run_message, "before the first step");
    ck_assert_int_eq(fake_run_record.state, RUN_RUNNING); /* none is there to be resumed */
    signals_install();
    ck_assert_int_eq(fake_run("run", 2, 1), OUTCOME_DONE);
    raise(SIGTERM);
    fake_run_resumes = true;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_STOPPED);
    ck_assert_str_eq(fake_run_message, "before it was resumed, with 2 of 3 epochs");
    ck_assert_int_eq(fake_run_record.state, RUN_FINISHED);
}
END_TEST

/* In the second epoch, when the checkpoint cannot be replaced any more. */
static void block_state_and_stop(uint64_t step)
{
    if (step == STEPS + 1) {
        ck_assert_int_eq(mkdir(scratch_path("run/checkpoint.tmp"), 0777), 0);
        raise(SIGTERM);
    }
}

/* It still ends as stopped, and prints from which step it continues. */
START_TEST(a_stopped_run_whose_state_cannot_be_saved_continues_from_its_last_state)
{
    signals_install();
    fake_run_checkpoint_interval = _i == 0 ? 0 : 3600;
    fake_engine_plan_now.on_step = block_state_and_stop;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_STOPPED);
    ck_assert_int_eq(fake_run_record.state, RUN_INTERRUPTED);
    ck_assert_msg(strstr(fake_run_message, _i == 0 ? " (last saved state: after epoch 1 of 3)"
                                                   : " (no saved state: training would start at "
                                                     "step 1)") != NULL,
                  "%s", fake_run_message);
    fake_engine_plan_now.on_step = NULL;
    signals_install();
    ck_assert_int_eq(rmdir(scratch_path("run/checkpoint.tmp")), 0);
    fake_run_resumes = true;
    fake_engine_steps_queued = 0;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    ck_assert_uint_eq(fake_engine_steps_queued, (_i == 0 ? EPOCHS - 1 : EPOCHS) * STEPS);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), EPOCHS * STEPS);
}
END_TEST

/* The process dies after an epoch was logged and before its state was saved. */
START_TEST(figures_of_the_clock_that_are_logged_stay)
{
    fake_engine_plan_now.fail_at_step = 2 * STEPS + 2;
    fake_run_checkpoint_interval = 3600;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_FAILED);
    ck_assert(!scratch_exists("run/checkpoint"));
    const points before = fake_run_points("run/train");
    const double pace = points_value(&before, "epoch_steps_per_second", 1);
    const double seconds = fake_run_record.epochs[1].training_seconds;
    if (_i == 1) { /* before run.json was written, too */
        fake_run_record.epoch_count = 1;
        ck_assert_int_eq(scratch_write_record("run", &fake_run_record, fake_run_message), 0);
    }
    fake_engine_plan_now.fail_at_step = 0;
    fake_run_resumes = true;
    ck_assert_int_eq(fake_run("run", EPOCHS, 1), OUTCOME_DONE);
    const points after = fake_run_points("run/train");
    ck_assert_double_eq(points_value(&after, "epoch_steps_per_second", 1), pace);
    ck_assert_double_eq_tol(fake_run_record.epochs[1].training_seconds, seconds, 1e-6 * seconds);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_resume");
    TCase *resuming = tcase_create("resuming");
    tcase_add_checked_fixture(resuming, fake_run_set_up, fake_run_tear_down);
    tcase_add_test(resuming, a_run_that_failed_goes_on_from_its_checkpoint);
    tcase_add_test(resuming, a_state_that_the_engine_refuses_is_no_state);
    tcase_add_test(resuming, event_files_that_nobody_named_stay_the_runs);
    tcase_add_test(resuming, a_finished_run_may_be_given_more_epochs_but_not_fewer);
    tcase_add_test(resuming, a_finished_run_whose_continuation_cannot_begin_stays_finished);
    tcase_add_test(resuming, a_run_that_keeps_no_state_is_trained_again_for_more_epochs);
    tcase_add_loop_test(resuming, a_stopped_run_continues_after_its_last_step, 1,
                        EPOCHS * STEPS + 1);
    tcase_add_loop_test(resuming, a_step_that_is_broken_off_is_trained_again_to_the_same_bits, 0,
                        STOPS);
    tcase_add_loop_test(
        resuming, a_stopped_run_whose_state_cannot_be_saved_continues_from_its_last_state, 0, 2);
    tcase_add_test(resuming, a_run_that_is_stopped_before_it_is_resumed_says_what_it_has);
    tcase_add_loop_test(resuming, figures_of_the_clock_that_are_logged_stay, 0, 2);
    suite_add_tcase(suite, resuming);
    return run_suite(suite);
}
