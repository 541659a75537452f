/* Comparing logs of Keras' TensorBoard callback: what is read from them, and which are left out.
 * tblog writes these logs in Keras' form; check_keras_logs.py tests logs of Keras itself. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tblog/tblog.h>

#include "batch_size_hparam.h"
#include "check_main.h"
#include "comparison.h"
#include "comparison_print.h"
#include "message.h"
#include "scratch.h"
#include "verdict.h"
#include "verdict_words.h"

enum { EPOCHS = 3 };

static char message[MESSAGE_BYTES];
static comparison all;
static char *warnings; /* of the last compare_everything */
static double now;     /* wall time of what is logged */

static double wall_time(void *context)
{
    (void)context;
    return now;
}

static void set_up(void)
{
    scratch_make();
    all = (comparison){0};
    warnings = NULL;
    now = 1e9;
}

static void tear_down(void)
{
    comparison_free(&all);
    free(warnings);
    scratch_remove();
}

static tblog_writer *open_writer(const char *directory)
{
    static const tblog_clock clock = {.wall_time = wall_time};
    tblog_writer_options options;
    tblog_writer *writer;
    tblog_writer_options_init(&options);
    options.clock = &clock;
    options.tensor_scalars = true;
    scratch_make_directory(directory);
    ck_assert_int_eq(tblog_writer_open(&writer, scratch_path(directory), &options), TBLOG_OK);
    return writer;
}

static void close_writer(tblog_writer *writer)
{
    ck_assert_int_eq(tblog_writer_close(writer), TBLOG_OK);
}

static void add_point(tblog_writer *writer, const char *tag, int64_t epoch, double value)
{
    ck_assert_int_eq(tblog_add_scalar(writer, tag, epoch, value), TBLOG_OK);
}

/* train/ and validation/ of a run whose validation accuracy ends at `accuracy`; an epoch takes 2 s,
 * the first one longer. */
static void write_curves(const char *name, double accuracy, double last_loss)
{
    char directory[256];
    snprintf(directory, sizeof directory, "%s/train", name);
    tblog_writer *train = open_writer(directory);
    snprintf(directory, sizeof directory, "%s/validation", name);
    tblog_writer *validation = open_writer(directory);
    now += 10;
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        now += 2;
        const bool is_last = epoch + 1 == EPOCHS;
        add_point(train, "epoch_accuracy", epoch, 0.5);
        add_point(train, "epoch_loss", epoch, is_last ? last_loss : 0.75);
        add_point(train, "epoch_learning_rate", epoch, 1e-3);
        add_point(validation, "evaluation_loss_vs_iterations", 10 * epoch, 9);
        add_point(validation, "epoch_accuracy", epoch, is_last ? accuracy : 0.25);
        add_point(validation, "epoch_loss", epoch, 0.5);
    }
    close_writer(train);
    close_writer(validation);
}

static void write_hparams(const char *directory, double batch_size)
{
    const tblog_hparam hparams[] = {
        {.name = "optimizer", .type = TBLOG_HPARAM_STRING, .string = "adam"},
        {.name = "batch_size", .type = TBLOG_HPARAM_NUMBER, .number = batch_size}};
    tblog_writer *writer = open_writer(directory);
    ck_assert_int_eq(tblog_add_session_start(writer, NULL, hparams, 2), TBLOG_OK);
    close_writer(writer);
}

static void compare_everything(void)
{
    size_t size;
    comparison_free(&all);
    free(warnings);
    warnings = NULL;
    FILE *out = open_memstream(&warnings, &size);
    ck_assert_int_eq(comparison_add_below(&all, scratch_path(""), out, message), 0);
    fclose(out);
    comparison_sort(&all);
}

START_TEST(a_log_is_a_run_with_what_it_says)
{
    write_curves("logs/one", 0.75, 0.25);
    write_hparams("logs/one", 64);
    compare_everything();
    ck_assert_str_eq(warnings, "");
    ck_assert_uint_eq(all.count, 1);
    const compared_run *run = &all.runs[0];
    ck_assert_str_eq(run->name, "logs/one");
    ck_assert_str_eq(run->note, "");
    ck_assert(run->is_foreign && compared_run_counts(run));
    ck_assert_uint_eq(run->record.config.batch_size, 64);
    ck_assert_uint_eq(run->record.epoch_count, EPOCHS);
    ck_assert_double_eq(run->loss.final, 0.25);
    ck_assert_double_eq(run->accuracy.final, 0.5);
    ck_assert_double_eq(run->val_loss.final, 0.5);
    ck_assert_double_eq(run->val_accuracy.final, 0.75);
    ck_assert_double_eq(compared_run_epochs_to(run, 0.75), 3);
}
END_TEST

START_TEST(seconds_are_those_between_epochs_and_else_not_known)
{
    write_curves("BatchSize=64", 0.75, 0.25);
    compare_everything();
    const compared_run *run = &all.runs[0];
    ck_assert_double_eq(run->seconds_per_epoch, 2);
    ck_assert_double_eq(run->slowest_epoch, 2);
    ck_assert(isnan(run->seconds) && isnan(compared_run_seconds_to(run, 0.75)));
    ck_assert(isnan(compared_run_samples_per_second(run)));
}
END_TEST

START_TEST(a_batch_size_may_be_in_the_name)
{
    write_curves("BatchSize=8/BatchSize=128-a", 0.75, 0.25);
    compare_everything();
    ck_assert_uint_eq(all.count, 1);
    ck_assert_uint_eq(all.runs[0].record.config.batch_size, 128);
}
END_TEST

START_TEST(a_log_whose_batch_size_is_not_known_is_named_and_left_out)
{
    write_curves("some", 0.75, 0.25);
    write_curves("BatchSize=many", 0.75, 0.25);
    write_hparams("some", 0.5);
    compare_everything();
    ck_assert_uint_eq(all.count, 0);
    ck_assert_ptr_nonnull(strstr(warnings, "/some: its batch size is not known"));
    ck_assert_ptr_nonnull(strstr(warnings, "/BatchSize=many: its batch size is not known"));
}
END_TEST

START_TEST(logs_of_others_are_named_once_and_left_out_with_what_is_below_them_looked_at)
{
    tblog_writer *writer = open_writer("logs");
    add_point(writer, "reward", 0, 1);
    close_writer(writer);
    writer = open_writer("logs/other-BatchSize=8/train");
    add_point(writer, "epoch_loss", 0, 1); /* and no validation */
    close_writer(writer);
    write_curves("logs/deeper/BatchSize=8", 0.75, 0.25);
    compare_everything();
    ck_assert_uint_eq(all.count, 1);
    ck_assert_str_eq(all.runs[0].name, "logs/deeper/BatchSize=8");
    const char *first = strstr(warnings, "/logs: its event files have no epoch_loss");
    const char *second = strstr(warnings, "/logs/other-BatchSize=8: its event files have no");
    ck_assert(first != NULL && second != NULL);
    ck_assert_ptr_null(strchr(strchr(second, '\n') + 1, '\n'));
}
END_TEST

START_TEST(a_log_with_a_loss_that_is_no_number_has_diverged)
{
    write_curves("BatchSize=64", 0.75, NAN);
    compare_everything();
    ck_assert_int_eq(all.runs[0].record.state, RUN_DIVERGED);
    ck_assert_str_eq(all.runs[0].note, "diverged");
}
END_TEST

START_TEST(logs_are_repetitions_that_pair_with_nothing)
{
    verdict answer;
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "BatchSize=64-%d", i);
        write_curves(name, 0.75 + 0.001 * i, 0.25);
        snprintf(name, sizeof name, "BatchSize=32-%d", i);
        write_curves(name, 0.50 + 0.001 * i, 0.25);
    }
    compare_everything();
    ck_assert_int_eq(verdict_make(&answer, &all, 0), 0);
    ck_assert_uint_eq(answer.count, 2);
    ck_assert_uint_eq(answer.rows[0].seeds, 3);
    ck_assert(!verdict_pair_of(&answer, 0, 1)->paired);
    ck_assert(verdict_is_best(&answer, 0));
    verdict_free(&answer);
}
END_TEST

START_TEST(logs_and_runs_of_ours_are_not_mixed)
{
    verdict answer;
    run_record record = {.state = RUN_RUNNING,
                         .config = {.batch_size = 64,
                                    .epochs = EPOCHS,
                                    .learning_rate = 1e-3,
                                    .engine = "cpu",
                                    .arithmetic = "avx2",
                                    .precision = ENGINE_FP32,
                                    .training_samples = 64,
                                    .validation_samples = 64},
                         .runs_at_once = 1};
    scratch_make_directory("ours");
    ck_assert_int_eq(scratch_write_record("ours", &record, message), 0);
    write_curves("BatchSize=64", 0.75, 0.25);
    compare_everything();
    ck_assert_uint_eq(all.count, 2);
    ck_assert_int_eq(verdict_make(&answer, &all, 0), 0);
    ck_assert(answer.is_foreign);
    ck_assert_uint_eq(answer.left_out[FAMILY_OTHER_PROGRAM], 1);
    verdict_free(&answer);
}
END_TEST

START_TEST(a_log_whose_accuracy_is_none_is_left_out_with_a_line)
{
    write_curves("BatchSize=64", 1.5, 0.25);
    write_curves("BatchSize=32", -0.25, 0.25);
    write_curves("BatchSize=16", 1, 0.25);
    write_curves("BatchSize=8", NAN, 0.25);
    compare_everything();
    ck_assert_uint_eq(all.count, 2);
    ck_assert_msg(strstr(warnings,
                         "BatchSize=64: its epoch_accuracy of epoch 3 is not from 0 to 1; "
                         "it is left out\n") != NULL,
                  "%s", warnings);
    ck_assert_ptr_nonnull(strstr(warnings, "BatchSize=32: its epoch_accuracy of epoch 3 "));
}
END_TEST

START_TEST(what_is_not_known_is_a_dash_an_empty_field_or_null)
{
    char *text = NULL;
    size_t size = 0;
    verdict answer;
    write_curves("BatchSize=64", 0.75, 0.25);
    compare_everything();
    ck_assert_int_eq(verdict_make(&answer, &all, 0), 0);
    FILE *out = open_memstream(&text, &size);
    ck_assert_int_eq(verdict_words_print(&answer, out), 0);
    fputc('\n', out);
    comparison_print_table(&all, &answer, out);
    comparison_print_details(&all, &answer, out);
    comparison_print_csv(&all, &answer, out);
    ck_assert_int_eq(comparison_print_json(&all, &answer, out), 0);
    fclose(out);
    static const char *const parts[] = {
        "Cheapest  not compared: the logs do not say on what hardware they were made\n",
        "    64        -     1   75.00                75.00  3               2.00       -\n",
        "#1        64      -     2.00 (2.00-2.00)         -        -           -  BatchSize=64\n",
        "BatchSize=64,64,,,finished,member,3,0.25,0.5,0.5,0.75,0.75,3,3,,2,,\n",
        "\"seed\": null",
        "\"learning_rate\": null",
        "\"peak_bytes\": null",
        "\"hardware\": null",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        ck_assert_msg(strstr(text, parts[i]) != NULL, "no %s", parts[i]);
    }
    verdict_free(&answer);
    free(text);
}
END_TEST

/* version 0, and a session's start with the hyper-parameters a = 1 and batch_size = 32. */
static const uint8_t content[] = {
    0x08, 0x00, 0x1a, 0x29,                                                                    //
    0x0a, 0x0e, 0x0a, 0x01, 'a', 0x12, 0x09, 0x11, 0,   0,    0,    0,   0,   0,   0xf0, 0x3f, //
    0x0a, 0x17, 0x0a, 0x0a, 'b', 'a',  't',  'c',  'h', '_',  's',  'i', 'z', 'e',             //
    0x12, 0x09, 0x11, 0,    0,   0,    0,    0,    0,   0x40, 0x40,
};

static uint32_t read_content(const uint8_t *data, size_t count, const char *plugin)
{
    uint8_t *copy =
        malloc(count + 1); /* its own allocation, so that sanitizers find a read beyond it */
    memcpy(copy, data, count);
    const tblog_value value = {.plugin = plugin, .plugin_content = {copy, count}};
    const uint32_t size = batch_size_hparam(&value);
    free(copy);
    return size;
}

START_TEST(hyper_parameters_that_are_cut_or_damaged_have_no_batch_size)
{
    ck_assert_uint_eq(read_content(content, sizeof content, "hparams"), 32);
    ck_assert_uint_eq(read_content(content, sizeof content, "scalars"), 0);
    for (size_t count = 0; count < sizeof content; count++) {
        ck_assert_uint_eq(read_content(content, count, "hparams"), 0);
    }
    for (size_t at = 0; at < sizeof content; at++) {
        uint8_t damaged[sizeof content];
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(damaged, content, sizeof content);
            damaged[at] = (uint8_t)byte;
            (void)read_content(damaged, sizeof damaged, "hparams");
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keras_run");
    TCase *cases = tcase_create("logs");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_log_is_a_run_with_what_it_says);
    tcase_add_test(cases, seconds_are_those_between_epochs_and_else_not_known);
    tcase_add_test(cases, a_batch_size_may_be_in_the_name);
    tcase_add_test(cases, a_log_whose_batch_size_is_not_known_is_named_and_left_out);
    tcase_add_test(cases,
                   logs_of_others_are_named_once_and_left_out_with_what_is_below_them_looked_at);
    tcase_add_test(cases, a_log_with_a_loss_that_is_no_number_has_diverged);
    tcase_add_test(cases, logs_are_repetitions_that_pair_with_nothing);
    tcase_add_test(cases, logs_and_runs_of_ours_are_not_mixed);
    tcase_add_test(cases, a_log_whose_accuracy_is_none_is_left_out_with_a_line);
    tcase_add_test(cases, what_is_not_known_is_a_dash_an_empty_field_or_null);
    tcase_add_test(cases, hyper_parameters_that_are_cut_or_damaged_have_no_batch_size);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
