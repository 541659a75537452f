/* The networks that a run keeps: from which step they are when it ends, is stopped, fails or is
 * resumed, and that an old one is never taken for a new one. */
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "fake_run.h"
#include "file_read.h"
#include "model_file.h"
#include "scratch.h"
#include "signals.h"

static char message[MESSAGE_BYTES];
static char *notes; /* the output of a test's runs; its stream is open until they are read */
static size_t notes_bytes;
static FILE *notes_stream;

/* The run's network, or the best one; to be freed. */
static model load(const char *run, bool best)
{
    model out;
    ck_assert_msg(model_load(&out, scratch_path(run), best, message) == 0, "%s", message);
    return out;
}

/* Asserts that the network is that after `steps` steps, with the figures of run.json if they end an
 * epoch. */
static void expect_network(const char *run, bool best, uint32_t steps)
{
    model network = load(run, best);
    const uint32_t epochs = steps / STEPS;
    unsigned wrong = 0;
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        wrong += network.parameters[i] != fake_engine_weight(steps, i);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert(network.has_origin);
    ck_assert_uint_eq(network.origin.iterations, steps);
    ck_assert_uint_eq(network.origin.epochs, epochs);
    const epoch_figures *figures = &network.origin.figures;
    if (steps % STEPS == 0) {
        const epoch_figures *logged = &fake_run_record.epochs[epochs - 1];
        ck_assert_double_eq(figures->loss, logged->loss);
        ck_assert_double_eq(figures->accuracy, logged->accuracy);
        ck_assert_double_eq(figures->val_loss, logged->val_loss);
        ck_assert_double_eq(figures->val_accuracy, logged->val_accuracy);
    } else {
        ck_assert(isnan(figures->loss) && isnan(figures->val_loss));
    }
    model_free(&network);
}

static void expect_same_bytes(const char *name, const char *other)
{
    char *content[2];
    size_t bytes[2];
    ck_assert_int_eq(file_read(AT_FDCWD, scratch_path(name), &content[0], &bytes[0]), 0);
    ck_assert_int_eq(file_read(AT_FDCWD, scratch_path(other), &content[1], &bytes[1]), 0);
    ck_assert_uint_eq(bytes[0], bytes[1]);
    ck_assert_int_eq(memcmp(content[0], content[1], bytes[0]), 0);
    free(content[0]);
    free(content[1]);
}

static void expect_note(const char *text)
{
    fflush(notes_stream);
    ck_assert_msg(strstr(notes, text) != NULL, "\"%s\" is not in %s", text, notes);
}

static void expect_no_note(void)
{
    fflush(notes_stream);
    ck_assert_msg(strstr(notes, "Note") == NULL, "%s", notes);
}

static void train(const char *name, uint32_t epochs, outcome expected)
{
    const outcome ended = fake_run(name, epochs, 1);
    ck_assert_msg(ended == expected, "%d: %s", (int)ended, fake_run_message);
}

START_TEST(a_run_leaves_its_last_network)
{
    fake_run_no_state = _i == 1;
    train("run", EPOCHS, OUTCOME_DONE);
    expect_network("run", false, EPOCHS * STEPS);
    ck_assert(!scratch_exists("run/" MODEL_BEST_FILE));
    ck_assert(!scratch_exists("run/" MODEL_FILE ".tmp"));
}
END_TEST

START_TEST(a_run_that_keeps_no_network_leaves_none)
{
    fake_run_keeps_model = false;
    train("run", EPOCHS, OUTCOME_DONE);
    ck_assert(!scratch_exists("run/" MODEL_FILE));
}
END_TEST

static void look_in_second_epoch(uint64_t step)
{
    if (step == STEPS + 1) {
        model network = load("run", false);
        ck_assert_uint_eq(network.origin.iterations, STEPS);
        model_free(&network);
    }
}

START_TEST(the_network_is_written_with_each_checkpoint)
{
    fake_engine_plan_now.on_step = look_in_second_epoch;
    train("run", 2, OUTCOME_DONE);
}
END_TEST

START_TEST(it_is_not_written_where_no_checkpoint_is)
{
    fake_run_checkpoint_interval = 3600;
    fake_engine_plan_now.fail_at_step = 2 * STEPS + 2;
    train("run", EPOCHS, OUTCOME_FAILED);
    ck_assert(!scratch_exists("run/" MODEL_FILE));
    ck_assert_int_eq(model_load(&(model){0}, scratch_path("run"), false, message), -1);
    ck_assert_ptr_nonnull(strstr(message, "or has no checkpoint yet"));
}
END_TEST

static void stop_in_first_epoch(uint64_t step)
{
    if (step == 1) {
        raise(SIGTERM);
    }
}

START_TEST(a_run_that_is_stopped_keeps_the_network_of_its_step)
{
    signals_install();
    fake_engine_plan_now.on_step = stop_in_first_epoch;
    train("run", EPOCHS, OUTCOME_STOPPED);
    model network = load("run", false);
    const uint32_t steps = (uint32_t)network.origin.iterations;
    model_free(&network);
    ck_assert_uint_ge(steps, 1);
    ck_assert_uint_lt(steps, STEPS);
    expect_network("run", false, steps);
}
END_TEST

START_TEST(a_resumed_run_leaves_the_undisturbed_ones_bytes)
{
    fake_run_save_best = true;
    train("whole", EPOCHS, OUTCOME_DONE);
    fake_engine_plan_now.fail_at_step = 2 * STEPS + 2;
    train("run", EPOCHS, OUTCOME_FAILED);
    expect_network("run", false, 2 * STEPS);
    fake_engine_plan_now.fail_at_step = 0;
    fake_run_resumes = true;
    train("run", EPOCHS, OUTCOME_DONE);
    expect_same_bytes("run/" MODEL_FILE, "whole/" MODEL_FILE);
    expect_same_bytes("run/" MODEL_BEST_FILE, "whole/" MODEL_BEST_FILE);
    expect_no_note();
}
END_TEST

/* Of equal losses the first is the best, and NaN never is. `best` is the epoch, from 1. A run that
 * diverges keeps its best network, too. */
static const struct {
    double losses[EPOCHS];
    uint32_t best; /* 0 for none */
} best_epochs[] = {
    {{3, 1, 2}, 2},   {{1, 2, 3}, 1},       {{3, 2, 1}, 3},
    {{1, 1, 1}, 1},   {{NAN, 2, 3}, 2},     {{2, NAN, 1}, 3},
    {{2, 1, NAN}, 2}, {{NAN, NAN, NAN}, 0}, {{INFINITY, 2, 3}, 2},
};
enum { BEST_EPOCHS = sizeof best_epochs / sizeof best_epochs[0] };

START_TEST(the_best_network_is_that_of_the_lowest_validation_loss)
{
    fake_run_save_best = true;
    fake_engine_plan_now.val_losses = best_epochs[_i].losses;
    train("run", EPOCHS, OUTCOME_DONE);
    if (best_epochs[_i].best == 0) {
        ck_assert(!scratch_exists("run/" MODEL_BEST_FILE));
    } else {
        expect_network("run", true, best_epochs[_i].best * STEPS);
    }
}
END_TEST

/* The process ends in the third epoch. The best epoch is before or after that. */
START_TEST(the_best_of_a_resumed_run_is_the_best_of_all_its_epochs)
{
    static const double losses[][EPOCHS] = {{1, 3, 2}, {3, 1, 2}, {3, 2, 1}, {1, 2, 1}};
    static const uint32_t best[] = {1, 2, 3, 1};
    fake_run_save_best = true;
    fake_engine_plan_now.val_losses = losses[_i];
    fake_engine_plan_now.fail_at_step = 2 * STEPS + 2;
    train("run", EPOCHS, OUTCOME_FAILED);
    fake_engine_plan_now.fail_at_step = 0;
    fake_run_resumes = true;
    train("run", EPOCHS, OUTCOME_DONE);
    expect_network("run", true, best[_i] * STEPS);
    expect_no_note();
}
END_TEST

/* The last checkpoint is of the first epoch, the best network of the second, which is trained
 * again. */
START_TEST(a_best_network_after_the_last_checkpoint_is_the_same_one_again)
{
    static const double losses[] = {3, 1, 2};
    fake_run_save_best = true;
    fake_engine_plan_now.val_losses = losses;
    train("run", 1, OUTCOME_DONE);
    fake_run_resumes = true;
    fake_run_checkpoint_interval = 3600;
    fake_engine_plan_now.fail_at_step = 2 * STEPS + 2;
    train("run", EPOCHS, OUTCOME_FAILED);
    expect_network("run", true, 2 * STEPS);
    fake_engine_plan_now.fail_at_step = 0;
    train("run", EPOCHS, OUTCOME_DONE);
    expect_network("run", true, 2 * STEPS);
    expect_no_note();
}
END_TEST

START_TEST(a_run_that_gets_more_epochs_goes_on_with_both)
{
    static const double losses[] = {3, 2, 1};
    fake_run_save_best = true;
    fake_engine_plan_now.val_losses = losses;
    train("run", 2, OUTCOME_DONE);
    fake_run_resumes = true;
    fake_run_save_best = _i == 1; /* without it the file would become outdated */
    train("run", EPOCHS, OUTCOME_DONE);
    expect_network("run", false, EPOCHS * STEPS);
    expect_network("run", true, EPOCHS * STEPS);
    expect_no_note();
}
END_TEST

START_TEST(where_no_best_is_known_it_is_sought_from_there_on)
{
    static const double losses[] = {1, 3, 2};
    fake_engine_plan_now.val_losses = losses;
    train("run", 1, OUTCOME_DONE);
    fake_run_resumes = fake_run_save_best = true;
    train("run", EPOCHS, OUTCOME_DONE);
    expect_network("run", true, 3 * STEPS);
    expect_note("Note: only epochs from here on count for the best network\n");
}
END_TEST

START_TEST(a_best_network_that_is_damaged_is_replaced)
{
    static const double losses[] = {1, 3, 2};
    fake_run_save_best = true;
    fake_engine_plan_now.val_losses = losses;
    train("run", 1, OUTCOME_DONE);
    scratch_write("run/" MODEL_BEST_FILE, "nonsense");
    fake_run_resumes = true;
    train("run", EPOCHS, OUTCOME_DONE);
    expect_network("run", true, 3 * STEPS);
    expect_note("best.safetensors: it is ");
}
END_TEST

/* Case 0: a network of the same configuration with a figure that is not in run.json. Case 1: one of
 * another configuration. */
START_TEST(a_best_network_of_another_run_is_not_compared_with)
{
    static const double theirs[] = {0.5};
    static const double losses[] = {1, 3, 2};
    fake_run_save_best = true;
    fake_engine_plan_now.val_losses = theirs;
    fake_run_histograms = _i == 1;
    train("other", 1, OUTCOME_DONE);
    fake_run_histograms = false;
    fake_engine_plan_now.val_losses = _i == 1 ? theirs : losses;
    train("run", 1, OUTCOME_DONE);
    char other[512];
    snprintf(other, sizeof other, "%s", scratch_path("other/" MODEL_BEST_FILE));
    ck_assert_int_eq(rename(other, scratch_path("run/" MODEL_BEST_FILE)), 0);
    fake_run_resumes = true;
    fake_engine_plan_now.val_losses = losses;
    train("run", EPOCHS, OUTCOME_DONE);
    expect_network("run", true, 3 * STEPS);
    expect_note("best.safetensors is not of this run");
}
END_TEST

START_TEST(outdated_networks_are_removed_and_that_is_said)
{
    fake_run_save_best = true;
    train("run", 2, OUTCOME_DONE);
    ck_assert(scratch_exists("run/" MODEL_FILE) && scratch_exists("run/" MODEL_BEST_FILE));
    fake_run_resumes = true;
    fake_run_keeps_model = fake_run_save_best = false;
    train("run", EPOCHS, OUTCOME_DONE);
    ck_assert(!scratch_exists("run/" MODEL_FILE) && !scratch_exists("run/" MODEL_BEST_FILE));
    expect_note("with --no-model the networks that the run had kept are removed");
}
END_TEST

START_TEST(where_none_is_outdated_nothing_is_said)
{
    fake_run_keeps_model = false;
    train("run", 2, OUTCOME_DONE);
    fake_run_resumes = true;
    train("run", EPOCHS, OUTCOME_DONE);
    expect_no_note();
}
END_TEST

START_TEST(a_run_that_is_replaced_leaves_no_network)
{
    fake_run_save_best = true;
    train("run", 1, OUTCOME_DONE);
    fake_run_keeps_model = fake_run_save_best = false;
    train("run", 1, OUTCOME_DONE);
    ck_assert(!scratch_exists("run/" MODEL_FILE) && !scratch_exists("run/" MODEL_BEST_FILE));
}
END_TEST

/* Directories that block both files appear at this step, and are removed at that one. */
static uint64_t blocked_from;
static uint64_t blocked_until;

static void block_networks(uint64_t step)
{
    static const char *const names[] = {"run/" MODEL_FILE, "run/" MODEL_BEST_FILE};
    for (size_t i = 0; i < 2; i++) {
        if (step == blocked_from) {
            unlink(scratch_path(names[i]));
            ck_assert_int_eq(mkdir(scratch_path(names[i]), 0777), 0);
        } else if (step == blocked_until) {
            ck_assert_int_eq(rmdir(scratch_path(names[i])), 0);
        }
    }
}

START_TEST(a_run_goes_on_if_its_network_cannot_be_written)
{
    static const double losses[] = {2, 1, 3};
    fake_run_save_best = true;
    fake_engine_plan_now.val_losses = losses;
    blocked_from = STEPS + 1;
    blocked_until = 2 * STEPS + 1;
    fake_engine_plan_now.on_step = block_networks;
    train("run", EPOCHS, OUTCOME_DONE);
    expect_network("run", false, EPOCHS * STEPS);
    expect_note("Note: the network after epoch 2 is not kept: ");
    expect_note("Note: the network after epoch 2, the best, is not kept: ");
    expect_note("model.safetensors cannot be written: Is a directory");
}
END_TEST

START_TEST(a_run_is_finished_only_with_its_network)
{
    fake_run_no_state = _i == 1;
    blocked_from = EPOCHS * STEPS;
    fake_engine_plan_now.on_step = block_networks;
    train("run", EPOCHS, OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "model.safetensors cannot be written: Is a "
                                                   "directory; --resume --no-model finishes"));
    ck_assert_int_eq(fake_run_record.state, RUN_INTERRUPTED);
    ck_assert_int_eq(rmdir(scratch_path("run/" MODEL_FILE)), 0);
    ck_assert_int_eq(rmdir(scratch_path("run/" MODEL_BEST_FILE)), 0);
    fake_engine_plan_now.on_step = NULL;
    fake_run_resumes = true;
    train("run", EPOCHS, OUTCOME_DONE);
    ck_assert_int_eq(fake_run_record.state, RUN_FINISHED);
    expect_network("run", false, EPOCHS * STEPS);
}
END_TEST

START_TEST(weights_that_the_engine_does_not_give_are_an_error)
{
    fake_engine_plan_now.tensor_status = ENGINE_FAILED;
    train("run", EPOCHS, OUTCOME_FAILED);
    expect_note("is not kept: the fake engine failed to give its weights: told to read no tensor");
    ck_assert(!scratch_exists("run/" MODEL_FILE));
}
END_TEST

START_TEST(a_network_with_values_that_are_not_finite_is_not_kept)
{
    fake_run_save_best = true;
    fake_engine_plan_now.weights_diverge_at_step = 2 * STEPS;
    train("run", EPOCHS, OUTCOME_DONE);
    expect_network("run", false, STEPS);
    expect_network("run", true, STEPS);
    expect_note("model.safetensors is not written: the network has NaN or infinity");
}
END_TEST

START_TEST(a_run_that_diverged_keeps_the_network_before)
{
    fake_engine_plan_now.diverged_loss = NAN;
    fake_engine_plan_now.diverges_at_step = STEPS + 2;
    train("run", EPOCHS, OUTCOME_DONE);
    ck_assert_int_eq(fake_run_record.state, RUN_DIVERGED);
    expect_network("run", false, STEPS);
}
END_TEST

static void set_up(void)
{
    fake_run_set_up();
    fake_run_keeps_model = true;
    notes_stream = open_memstream(&notes, &notes_bytes);
    ck_assert_ptr_nonnull(notes_stream);
    progress_init(&fake_run_display, notes_stream, PROGRESS_LINES);
}

static void tear_down(void)
{
    fclose(notes_stream);
    free(notes);
    fake_run_tear_down();
}

int main(void)
{
    Suite *suite = suite_create("run_model");
    TCase *last = tcase_create("the last network");
    tcase_add_checked_fixture(last, set_up, tear_down);
    tcase_add_loop_test(last, a_run_leaves_its_last_network, 0, 2);
    tcase_add_test(last, a_run_that_keeps_no_network_leaves_none);
    tcase_add_test(last, the_network_is_written_with_each_checkpoint);
    tcase_add_test(last, it_is_not_written_where_no_checkpoint_is);
    tcase_add_test(last, a_run_that_is_stopped_keeps_the_network_of_its_step);
    tcase_add_test(last, a_resumed_run_leaves_the_undisturbed_ones_bytes);
    suite_add_tcase(suite, last);
    TCase *best = tcase_create("the best network");
    tcase_add_checked_fixture(best, set_up, tear_down);
    tcase_add_loop_test(best, the_best_network_is_that_of_the_lowest_validation_loss, 0,
                        BEST_EPOCHS);
    tcase_add_loop_test(best, the_best_of_a_resumed_run_is_the_best_of_all_its_epochs, 0, 4);
    tcase_add_test(best, a_best_network_after_the_last_checkpoint_is_the_same_one_again);
    tcase_add_loop_test(best, a_run_that_gets_more_epochs_goes_on_with_both, 0, 2);
    tcase_add_test(best, where_no_best_is_known_it_is_sought_from_there_on);
    tcase_add_test(best, a_best_network_that_is_damaged_is_replaced);
    tcase_add_loop_test(best, a_best_network_of_another_run_is_not_compared_with, 0, 2);
    suite_add_tcase(suite, best);
    TCase *other = tcase_create("no network");
    tcase_add_checked_fixture(other, set_up, tear_down);
    tcase_add_test(other, outdated_networks_are_removed_and_that_is_said);
    tcase_add_test(other, where_none_is_outdated_nothing_is_said);
    tcase_add_test(other, a_run_that_is_replaced_leaves_no_network);
    tcase_add_test(other, a_run_goes_on_if_its_network_cannot_be_written);
    tcase_add_loop_test(other, a_run_is_finished_only_with_its_network, 0, 2);
    tcase_add_test(other, weights_that_the_engine_does_not_give_are_an_error);
    tcase_add_test(other, a_network_with_values_that_are_not_finite_is_not_kept);
    tcase_add_test(other, a_run_that_diverged_keeps_the_network_before);
    suite_add_tcase(suite, other);
    return run_suite(suite);
}
