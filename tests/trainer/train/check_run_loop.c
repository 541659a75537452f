/* One run with an engine whose metrics are known: what is logged at which step, and the contents of
 * run.json and of the display. */
#include <check.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "fake_run.h"
#include "scratch.h"

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

/* Within an epoch an asynchronous device always has queued steps. */
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
    ck_assert_int_eq(run_record_read(&there, scratch_path("a/run"), fake_run_message), FILE_READ);
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
    return run_suite(suite);
}
