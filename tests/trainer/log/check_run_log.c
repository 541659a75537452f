/* What a run logs besides its figures: the session of the HParams page, texts, pictures,
 * histograms, graphs. The tests in tests/tensorboard check that TensorBoard shows them. */
#include <check.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "fake_run.h"
#include "scratch.h"
#include "signals.h"

/* The value that a test searches for, and what it found. */
typedef struct search {
    const char *tag;
    int64_t step; /* -1 for any */
    unsigned found;
    char plugin[32];
    char text[4096]; /* the first string, or the plug-in's content, with NULs as blanks */
    char bytes[4096];
    size_t byte_count; /* of all strings but the first two: the images' */
    size_t string_count;
    double numbers[96];
    size_t number_count;
} search;

static void copy_text(char *out, size_t capacity, const uint8_t *data, size_t count)
{
    const size_t used = count < capacity ? count : capacity - 1;
    for (size_t i = 0; i < used; i++) {
        out[i] = (char)(data[i] == 0 ? ' ' : data[i]);
    }
    out[used] = '\0';
}

static void take_value(search *into, const tblog_value *value)
{
    into->found++;
    snprintf(into->plugin, sizeof into->plugin, "%s", value->plugin);
    copy_text(into->text, sizeof into->text, value->plugin_content.data,
              value->plugin_content.count);
    into->string_count = value->string_count;
    if (value->string_count > 0) {
        copy_text(into->text, sizeof into->text, value->strings[0].data, value->strings[0].count);
    }
    into->number_count = value->number_count;
    for (size_t i = 0; i < value->number_count && i < 96; i++) {
        into->numbers[i] = value->numbers[i];
    }
    if (value->string_count == 3) {
        into->byte_count = value->strings[2].count;
        copy_text(into->bytes, sizeof into->bytes, value->strings[2].data, into->byte_count);
    }
}

static void take_event(const tblog_event *event, void *context)
{
    search *into = context;
    if (strcmp(into->tag, event->content) == 0) {
        into->found++;
        into->byte_count = event->serialized.count;
    }
    for (size_t i = 0; i < event->value_count; i++) {
        if (strcmp(event->values[i]->tag, into->tag) == 0 &&
            (into->step < 0 || event->step == into->step)) {
            take_value(into, event->values[i]);
        }
    }
}

/* Finds the last value of a tag at a step, or the last event with a content, and counts them. */
static const search *find(const char *part, const char *tag, int64_t step)
{
    static search result;
    result = (search){.tag = tag, .step = step};
    fake_run_read(part, take_event, &result);
    return &result;
}

#define START "_hparams_/session_start_info"
#define END   "_hparams_/session_end_info"

START_TEST(a_run_is_a_session_with_its_hyperparameters)
{
    static const char *const names[] = {"batch_size",    "engine", "epochs",
                                        "learning_rate", "seed",   "training_precision"};
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    for (int i = 0; i < 2; i++) {
        const search *record = find("run", i == 0 ? START : "_hparams_/experiment", 0);
        ck_assert_uint_eq(record->found, 1);
        ck_assert_str_eq(record->plugin, "hparams");
        for (size_t j = 0; j < sizeof names / sizeof names[0]; j++) {
            ck_assert_msg(strstr(record->text, names[j]) != NULL, "%s", names[j]);
        }
    }
    ck_assert_ptr_nonnull(strstr(find("run", START, 0)->text, "fake"));
    ck_assert_uint_eq(find("run/train", START, 0)->found, 0);
    ck_assert_uint_eq(find("run/validation", START, 0)->found, 0);
}
END_TEST

START_TEST(the_sessions_metrics_are_the_best_so_far_and_the_mean_seconds)
{
    static const uint32_t correct[] = {3, 6, 5};
    fake_engine_plan_now.val_correct = correct;
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    const points session = fake_run_points("run");
    double seconds = 0;
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        const uint64_t steps = (uint64_t)(epoch + 1) * STEPS; /* the loss falls */
        const double loss =
            fake_engine_val_loss_sum(steps, VALIDATION_SAMPLES) / VALIDATION_SAMPLES;
        const double best = (epoch == 0 ? 3.0 : 6.0) / VALIDATION_SAMPLES;
        seconds += fake_run_record.epochs[epoch].training_seconds;
        ck_assert_double_eq(points_value(&session, "hparams/best_validation_loss", epoch),
                            (double)(float)loss);
        ck_assert_double_eq(points_value(&session, "hparams/best_validation_accuracy", epoch),
                            (double)(float)best);
        ck_assert_double_eq(points_value(&session, "hparams/seconds_per_epoch", epoch),
                            (double)(float)(seconds / (epoch + 1)));
    }
}
END_TEST

START_TEST(a_loss_that_is_nan_is_never_the_best)
{
    fake_engine_plan_now.loss_factor = NAN;
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    const points session = fake_run_points("run");
    ck_assert_uint_eq(points_count(&session, "hparams/best_validation_loss"), EPOCHS);
    ck_assert(isnan(points_value(&session, "hparams/best_validation_loss", 2)));
    ck_assert(isfinite(points_value(&session, "hparams/best_validation_accuracy", 2)));
}
END_TEST

static const char *const failed = "\x22\x0b\x08\x02"; /* HParamsPluginData.4 {status 1: FAILURE} */

START_TEST(a_sessions_end_says_whether_the_run_succeeded)
{
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    ck_assert_uint_eq(find("run", END, -1)->found, 1);
    ck_assert_ptr_null(strstr(find("run", END, -1)->text, failed));
}
END_TEST

/* A failed run logs no end: the end could not be corrected if the run is resumed. */
START_TEST(a_run_that_failed_has_an_end_only_when_it_is_resumed)
{
    fake_engine_plan_now.fail_at_step = STEPS + 2;
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "told to fail"));
    ck_assert_uint_eq(find("run", END, -1)->found, 0);
    fake_engine_plan_now.fail_at_step = 0;
    fake_run_resumes = true;
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    ck_assert_uint_eq(find("run", END, -1)->found, 1);
    ck_assert_ptr_null(strstr(find("run", END, -1)->text, failed));
}
END_TEST

START_TEST(the_session_of_a_diverged_run_has_failed)
{
    fake_engine_plan_now.loss_factor = NAN;
    for (int i = 0; i < 2; i++) {
        fake_run_terminates = i == 1;
        ck_assert_int_eq(fake_run("run", EPOCHS, 0), i == 0 ? OUTCOME_DONE : OUTCOME_DIVERGED);
        ck_assert_uint_eq(find("run", END, -1)->found, 1);
        ck_assert_ptr_nonnull(strstr(find("run", END, -1)->text, failed));
    }
}
END_TEST

static void look_for_failure(uint64_t step)
{
    if (step == STEPS + 2) {
        ck_assert_uint_eq(find("run", END, -1)->found, 1);
        ck_assert_ptr_nonnull(strstr(find("run", END, -1)->text, failed));
    }
}

/* A process that is killed logs nothing at its end. */
START_TEST(a_session_has_failed_from_the_moment_it_diverges)
{
    fake_engine_plan_now.diverged_loss = NAN;
    fake_engine_plan_now.diverges_at_step = 2;
    fake_engine_plan_now.on_step = look_for_failure;
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    ck_assert_uint_eq(find("run", END, -1)->found, 1);
}
END_TEST

static void interrupt(uint64_t step)
{
    if (step == STEPS + 1) {
        raise(SIGINT);
    }
}

START_TEST(an_interrupted_session_has_no_end)
{
    signals_install();
    fake_engine_plan_now.on_step = interrupt;
    ck_assert_int_eq(fake_run("run", 1000, 0), OUTCOME_STOPPED);
    ck_assert_uint_eq(find("run", START, -1)->found, 1);
    ck_assert_uint_eq(find("run", END, -1)->found, 0);
}
END_TEST

START_TEST(the_layout_draws_training_against_validation)
{
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    const search *layout = find("run", "custom_scalars__config__", 0);
    ck_assert_uint_eq(layout->found, 1);
    ck_assert_ptr_nonnull(strstr(layout->text, "^batch_loss$"));
    ck_assert_ptr_nonnull(strstr(layout->text, "^evaluation_loss_vs_iterations$"));
}
END_TEST

START_TEST(configuration_host_and_data_set_stand_as_tables)
{
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    ck_assert_str_eq(
        find("run", "configuration", 0)->text,
        "| setting | value |\n|---|---|\n| batch size | 4 |\n| epochs | 3 |\n"
        "| batches an epoch | 6 |\n| iterations | 18 |\n"
        "| optimizer | Adam, learning rate 0.002, beta 0.9 and 0.999, epsilon 1e-07 |\n"
        "| seed | 0 |\n| engine | fake |\n| arithmetic | none |\n"
        "| precision | fp32 |\n");
    ck_assert_ptr_nonnull(strstr(find("run", "host", 0)->text, "| engine runs on | nothing |\n"));
    ck_assert_ptr_nonnull(strstr(find("run", "host", 0)->text, "| processors online | "));
    const search *data = find("run", "data_set", 0);
    ck_assert_str_eq(data->plugin, "text");
    ck_assert_ptr_nonnull(strstr(data->text, "| 0 | 3 | 1 |\n| 1 | 3 | 1 |\n| 2 | 2 | 1 |\n"));
    ck_assert_ptr_nonnull(strstr(data->text, "| 9 | 2 | 0 |\n| all | 22 | 7 |\n"));
}
END_TEST

static void assert_configuration(int64_t step, const char *row)
{
    ck_assert_uint_eq(find("run", "configuration", step)->found, 1);
    ck_assert_ptr_nonnull(strstr(find("run", "configuration", step)->text, row));
}

/* The process that added epochs died after run.json had them and before the text was logged. */
START_TEST(a_configuration_that_only_run_json_has_is_logged)
{
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    fake_run_record.config.epochs = 2;
    fake_run_record.state = RUN_RUNNING;
    ck_assert_int_eq(scratch_write_record("run", &fake_run_record, fake_run_message), 0);
    fake_run_resumes = true;
    ck_assert_int_eq(fake_run("run", 2, 0), OUTCOME_DONE);
    ck_assert_uint_eq(find("run", "configuration", -1)->found, 2);
    assert_configuration(1, "| epochs | 2 |");
}
END_TEST

START_TEST(a_configuration_that_changes_twice_before_an_epoch_is_done_is_logged_twice)
{
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    fake_run_resumes = true;
    fake_engine_plan_now.fail_at_step = STEPS + 2;
    ck_assert_int_eq(fake_run("run", 2, 0), OUTCOME_FAILED);
    ck_assert_int_eq(fake_run("run", 2, 0), OUTCOME_FAILED);
    fake_engine_plan_now.fail_at_step = 0;
    ck_assert_int_eq(fake_run("run", 3, 0), OUTCOME_DONE);
    ck_assert_uint_eq(find("run", "configuration", -1)->found, 3);
    assert_configuration(0, "| epochs | 1 |");
    assert_configuration(1, "| epochs | 2 |");
    assert_configuration(2, "| epochs | 3 |");
}
END_TEST

START_TEST(a_path_is_told_without_its_directories_and_is_no_markdown)
{
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    const char *text = find("run", "data_set", 0)->text;
    ck_assert_ptr_eq(strstr(text, "where&#124;else, CRC-32"), text);
}
END_TEST

START_TEST(the_hosts_name_is_not_in_the_texts)
{
    char name[256];
    ck_assert_int_eq(gethostname(name, sizeof name), 0);
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    char line[512];
    snprintf(line, sizeof line, " %s ", name);
    ck_assert_ptr_null(strstr(find("run", "host", 0)->text, line));
}
END_TEST

START_TEST(each_epoch_has_its_two_pictures)
{
    static const char *const tags[] = {"confusion_matrix", "mistakes"};
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    for (size_t i = 0; i < 2; i++) {
        const search first = *find("run/validation", tags[i], 0);
        ck_assert_str_eq(first.plugin, "images");
        ck_assert_str_eq(first.text, "350");
        ck_assert_uint_eq(first.string_count, 3);
        ck_assert_uint_gt(first.byte_count, 100);
        ck_assert_uint_eq(find("run/validation", tags[i], -1)->found, EPOCHS);
        /* Six steps later the fake engine predicts other classes. */
        ck_assert_str_ne(first.bytes, find("run/validation", tags[i], 1)->bytes);
    }
}
END_TEST

START_TEST(both_graphs_of_the_network_are_logged)
{
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    ck_assert_uint_eq(find("run/train", "keras", 0)->found, 1);
    ck_assert_uint_eq(find("run/train", "graph_def", 0)->found, 1);
    ck_assert_uint_gt(find("run/train", "graph_def", 0)->byte_count, 1000);
}
END_TEST

/* ---- Histograms ---- */

static void assert_histogram(const char *tag, const char *name, uint32_t epoch)
{
    const engine_histogram expected = fake_engine_histogram(name, (uint64_t)(epoch + 1) * STEPS);
    const search *logged = find("run/train", tag, epoch);
    ck_assert_uint_eq(logged->found, 1);
    ck_assert_uint_eq(logged->number_count, 3 * ENGINE_HISTOGRAM_BUCKETS);
    ck_assert_double_eq(logged->numbers[0], expected.min);
    ck_assert_double_eq(logged->numbers[3 * ENGINE_HISTOGRAM_BUCKETS - 2], expected.max);
    for (size_t i = 0; i < ENGINE_HISTOGRAM_BUCKETS; i++) {
        const double *bucket = logged->numbers + 3 * i;
        ck_assert_double_eq(bucket[2], (double)expected.buckets[i]);
        ck_assert_double_eq_tol(bucket[1] - bucket[0],
                                (expected.max - expected.min) / ENGINE_HISTOGRAM_BUCKETS, 1e-12);
        ck_assert(i == 0 || bucket[0] == bucket[-2]);
    }
}

START_TEST(histograms_of_weights_and_gradients_have_keras_names)
{
    fake_run_histograms = true;
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        assert_histogram("sequential/conv2d/kernel/histogram", "conv1/kernel", epoch);
        assert_histogram("sequential/conv2d_1/bias/histogram", "conv2/bias", epoch);
        assert_histogram("sequential/dense/kernel/histogram", "dense1/kernel", epoch);
        assert_histogram("gradient/dense_1/bias/histogram", "gradient/dense2/bias", epoch);
    }
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(training.count, 1 + (5 + 2 * LENET_TENSORS) * EPOCHS);
    ck_assert_str_eq(find("run/train", "gradient/dense/bias/histogram", 0)->plugin, "histograms");
}
END_TEST

START_TEST(a_histogram_of_nothing_finite_is_empty)
{
    fake_run_histograms = true;
    fake_engine_plan_now.histogram_empty = true;
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    const search *logged = find("run/train", "sequential/dense/kernel/histogram", 0);
    ck_assert_uint_eq(logged->number_count, 3 * ENGINE_HISTOGRAM_BUCKETS);
    for (size_t i = 0; i < logged->number_count; i++) {
        ck_assert_double_eq(logged->numbers[i], 0);
    }
}
END_TEST

START_TEST(without_the_option_no_histogram_is_asked_for)
{
    fake_engine_plan_now.histogram_status = ENGINE_FAILED;
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    run_record_free(&fake_run_record);
    fake_run_histograms = true;
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "told to read no histogram"));
}
END_TEST

/* ---- The gradient noise scale ---- */

/* For 22 groups of one sample: half have the gradient 1 / steps + spread, half 1 / steps -
 * spread. */
START_TEST(the_noise_scale_and_its_parts_are_logged_after_each_epoch)
{
    const double spread = 0.3; /* so large that the last epoch's estimate fails */
    fake_run_noise_scale = true;
    fake_engine_plan_now.gradient_spread = (float)spread;
    ck_assert_int_eq(fake_run("run", EPOCHS, 0), OUTCOME_DONE);
    const points training = fake_run_points("run/train");
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        const double n = TRAINING_SAMPLES;
        const double mean = 1 / (double)((epoch + 1) * STEPS);
        const double variance = LENET_PARAMETERS * spread * spread * n / (n - 1);
        const double square = LENET_PARAMETERS * mean * mean - variance / n;
        const gradient_noise *noise = &fake_run_record.epochs[epoch].noise;
        ck_assert_double_eq_tol(noise->variance, variance, 1e-6 * variance);
        ck_assert_double_eq_tol(noise->square, square, 1e-6 * variance);
        ASSERT_LOGGED(points_value(&training, "epoch_gradient_variance", epoch), noise->variance);
        ASSERT_LOGGED(points_value(&training, "epoch_gradient_square", epoch), noise->square);
        if (square > 0) {
            ASSERT_LOGGED(points_value(&training, "epoch_gradient_noise_scale", epoch),
                          noise->variance / noise->square);
        }
    }
    ck_assert_uint_eq(points_count(&training, "epoch_gradient_square"), EPOCHS);
    ck_assert_uint_eq(points_count(&training, "epoch_gradient_noise_scale"), 2);
    ck_assert_double_nan(fake_run_record.epochs[2].noise.scale);
}
END_TEST

START_TEST(of_gradients_that_are_not_finite_nothing_is_logged)
{
    fake_run_noise_scale = true;
    fake_engine_plan_now.gradient_spread = INFINITY;
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "epoch_gradient_variance"), 0);
    ck_assert_uint_eq(points_count(&training, "epoch_gradient_square"), 0);
    ck_assert_uint_eq(points_count(&training, "epoch_gradient_noise_scale"), 0);
}
END_TEST

START_TEST(without_the_option_no_gradient_is_asked_for)
{
    fake_engine_plan_now.gradient_status = ENGINE_FAILED;
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    fake_run_noise_scale = true;
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_FAILED);
    ck_assert_ptr_nonnull(strstr(fake_run_message, "told to compute no gradient"));
}
END_TEST

/* ---- Files ---- */

/* run.json, run.lock, checkpoint, train, validation, the session's. */
enum { RUN_ENTRIES = 6 };

START_TEST(run_json_names_every_event_file)
{
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    ck_assert_uint_eq(fake_run_record.event_file_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        char path[RUN_RECORD_PATH_BYTES + 8];
        snprintf(path, sizeof path, "run/%s", fake_run_record.event_files[i]);
        ck_assert_msg(scratch_exists(path), "%s", path);
    }
    ck_assert_int_eq(scratch_count("run"), RUN_ENTRIES);
}
END_TEST

START_TEST(a_run_takes_the_place_of_all_files_of_the_one_before)
{
    fake_run_histograms = true;
    ck_assert_int_eq(fake_run("run", 2, 0), OUTCOME_DONE);
    run_record_free(&fake_run_record);
    fake_run_histograms = false;
    ck_assert_int_eq(fake_run("run", 1, 0), OUTCOME_DONE);
    ck_assert_int_eq(scratch_count("run"), RUN_ENTRIES);
    ck_assert_uint_eq(find("run", START, -1)->found, 1);
    ck_assert_uint_eq(find("run/validation", "mistakes", -1)->found, 1);
    ck_assert_uint_eq(find("run/train", "gradient/dense/bias/histogram", -1)->found, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_log");
    TCase *logs = tcase_create("logs");
    tcase_add_checked_fixture(logs, fake_run_set_up, fake_run_tear_down);
    tcase_add_test(logs, a_run_is_a_session_with_its_hyperparameters);
    tcase_add_test(logs, the_sessions_metrics_are_the_best_so_far_and_the_mean_seconds);
    tcase_add_test(logs, a_loss_that_is_nan_is_never_the_best);
    tcase_add_test(logs, a_sessions_end_says_whether_the_run_succeeded);
    tcase_add_test(logs, a_run_that_failed_has_an_end_only_when_it_is_resumed);
    tcase_add_test(logs, the_session_of_a_diverged_run_has_failed);
    tcase_add_test(logs, a_session_has_failed_from_the_moment_it_diverges);
    tcase_add_test(logs, an_interrupted_session_has_no_end);
    tcase_add_test(logs, the_layout_draws_training_against_validation);
    tcase_add_test(logs, configuration_host_and_data_set_stand_as_tables);
    tcase_add_test(logs, a_configuration_that_only_run_json_has_is_logged);
    tcase_add_test(logs,
                   a_configuration_that_changes_twice_before_an_epoch_is_done_is_logged_twice);
    tcase_add_test(logs, a_path_is_told_without_its_directories_and_is_no_markdown);
    tcase_add_test(logs, the_hosts_name_is_not_in_the_texts);
    tcase_add_test(logs, each_epoch_has_its_two_pictures);
    tcase_add_test(logs, both_graphs_of_the_network_are_logged);
    tcase_add_test(logs, histograms_of_weights_and_gradients_have_keras_names);
    tcase_add_test(logs, a_histogram_of_nothing_finite_is_empty);
    tcase_add_test(logs, the_noise_scale_and_its_parts_are_logged_after_each_epoch);
    tcase_add_test(logs, of_gradients_that_are_not_finite_nothing_is_logged);
    tcase_add_test(logs, without_the_option_no_gradient_is_asked_for);
    tcase_add_test(logs, without_the_option_no_histogram_is_asked_for);
    tcase_add_test(logs, run_json_names_every_event_file);
    tcase_add_test(logs, a_run_takes_the_place_of_all_files_of_the_one_before);
    suite_add_tcase(suite, logs);
    return run_suite(suite);
}
