/* run.json: what is written can be read, the file is replaced as a whole, and damaged files are
 * refused. read and nanosleep are wrapped: read can fail, nanosleep shows that the reader waits. */
#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check_main.h"
#include "message.h"
#include "run_config_difference.h"
#include "run_record_file.h"
#include "scratch.h"

ssize_t __real_read(int fd, void *data, size_t bytes);
ssize_t __wrap_read(int fd, void *data, size_t bytes);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *left);

static char message[MESSAGE_BYTES];

static int read_failure; /* errno of every read; 0 for none */
static int pauses;       /* number of pauses so far */
static int whole_after;  /* the number of pauses after which the record is replaced */

ssize_t __wrap_read(int fd, void *data, size_t bytes)
{
    if (read_failure != 0) {
        errno = read_failure;
        return -1;
    }
    return __real_read(fd, data, bytes);
}

static run_config some_config(void)
{
    return (run_config){.batch_size = 64,
                        .epochs = 15,
                        .seed = INT64_MAX,
                        .learning_rate = 0.1 + 0.2,
                        .log_every = 9,
                        .histograms = true,
                        .noise_scale = true,
                        .engine = "cpu",
                        .arithmetic = "cuda sm_100 x148, method 1, cublas 130002",
                        .precision = ENGINE_TF32,
                        .training_samples = 60000,
                        .validation_samples = 10000,
                        .data_crc32 = 0x00badf00u};
}

static run_record some_record(void)
{
    run_record record = {.state = RUN_INTERRUPTED,
                         .config = some_config(),
                         .hardware = "a machine",
                         .host = "node7",
                         .process = 4711,
                         .memory = {1, 2, 3, 4, 5, 6, 21}};
    const epoch_figures epochs[] = {
        {0.25, 0.9, 1.0 / 3, 0.95, 12.5, 2.5, {0.5, 0.125, 4}},
        {NAN, 0.1, INFINITY, 0.1, 13, 3, {NAN, NAN, NAN}},
        {0.125, 0.99, 0.0625, 0.96, 14, 4, {0.75, -0.25, NAN}},
    };
    ck_assert_int_eq(run_record_add_event_file(&record, "train", "a/path/to/one.tfevents.v2"), 0);
    ck_assert_int_eq(run_record_add_event_file(&record, "", "two.tfevents.v2"), 0);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(run_record_add_epoch(&record, &epochs[i]), 0);
    }
    return record;
}

/* No time passes, but another process may replace the file. */
int __wrap_nanosleep(const struct timespec *pause, struct timespec *left)
{
    (void)pause;
    (void)left;
    pauses++;
    if (pauses == whole_after) {
        run_record record = some_record();
        ck_assert_int_eq(scratch_write_record("", &record, message), 0);
        run_record_free(&record);
    }
    return 0;
}

START_TEST(what_is_written_is_read)
{
    run_record record = some_record();
    run_record copy;
    ck_assert_int_eq(scratch_write_record("", &record, message), 0);
    ck_assert_int_eq(run_record_read(&copy, scratch_path(""), message), FILE_READ);
    char text[256];
    ck_assert_msg(run_config_difference(&record.config, &copy.config, text, sizeof text) == 0, "%s",
                  text);
    ck_assert_int_eq(copy.state, RUN_INTERRUPTED);
    ck_assert_str_eq(copy.hardware, "a machine");
    ck_assert_str_eq(copy.host, "node7");
    ck_assert_uint_eq(copy.process, 4711);
    ck_assert_mem_eq(&copy.memory, &record.memory, sizeof copy.memory);
    ck_assert_uint_eq(copy.event_file_count, 2);
    ck_assert_str_eq(copy.event_files[0], "train/one.tfevents.v2");
    ck_assert_str_eq(copy.event_files[1], "two.tfevents.v2");
    ck_assert_uint_eq(copy.epoch_count, 3);
    ck_assert_mem_eq(&copy.epochs[0], &record.epochs[0], sizeof copy.epochs[0]);
    ck_assert_mem_eq(&copy.epochs[2], &record.epochs[2], sizeof copy.epochs[2]);
    ck_assert(isnan(copy.epochs[1].loss) && isnan(copy.epochs[1].val_loss));
    ck_assert_double_eq(copy.epochs[1].training_seconds, 13);
    run_record_free(&copy);
    run_record_free(&record);
}
END_TEST

/* Writes the record and reads it as `copy`. */
static void write_and_read(run_record *copy, const run_record *record)
{
    ck_assert_int_eq(scratch_write_record("", record, message), 0);
    ck_assert_int_eq(run_record_read(copy, scratch_path(""), message), FILE_READ);
}

START_TEST(each_state_is_read_as_it_was_written)
{
    static const char *const names[] = {"running", "finished", "interrupted", "diverged"};
    for (run_state state = RUN_RUNNING; state <= RUN_DIVERGED; state++) {
        run_record copy;
        const run_record record = {.state = state, .config = some_config()};
        write_and_read(&copy, &record);
        ck_assert_int_eq(copy.state, state);
        ck_assert_str_eq(run_state_name(copy.state), names[state]);
        ck_assert_uint_eq(copy.diverged_at_step, 0);
        run_record_free(&copy);
    }
}
END_TEST

START_TEST(a_diverged_run_says_at_which_step)
{
    run_record copy;
    char text[RUN_RECORD_DIVERGENCE_BYTES];
    run_record record = {
        .state = RUN_DIVERGED, .diverged_at_step = 2 * 938 + 412, .config = some_config()};
    write_and_read(&copy, &record);
    ck_assert_uint_eq(copy.diverged_at_step, 2 * 938 + 412);
    run_record_format_divergence(text, &copy);
    ck_assert_str_eq(text, "diverged at step 412 of epoch 3");
    run_record_free(&copy);
    record.diverged_at_step = 0;
    run_record_format_divergence(text, &record);
    ck_assert_str_eq(text, "diverged");
}
END_TEST

START_TEST(a_run_that_died_is_interrupted_or_diverged)
{
    run_record record = {.state = RUN_RUNNING};
    ck_assert_int_eq(run_record_state_at_rest(&record), RUN_INTERRUPTED);
    record.diverged_at_step = 7;
    ck_assert_int_eq(run_record_state_at_rest(&record), RUN_DIVERGED);
    record.state = RUN_FINISHED;
    ck_assert_int_eq(run_record_state_at_rest(&record), RUN_FINISHED);
}
END_TEST

/* Earlier versions called a run finished even if its losses were not finite. */
START_TEST(a_finished_run_whose_loss_is_no_number_has_diverged)
{
    run_record copy;
    run_record record = some_record(); /* its second epoch's losses are not finite */
    record.state = RUN_FINISHED;
    write_and_read(&copy, &record);
    ck_assert_int_eq(copy.state, RUN_DIVERGED);
    run_record_free(&copy);
    record.epochs[1].loss = record.epochs[1].val_loss = 1e30;
    write_and_read(&copy, &record);
    ck_assert_int_eq(copy.state, RUN_FINISHED);
    run_record_free(&copy);
    run_record_free(&record);
}
END_TEST

START_TEST(a_state_of_a_later_version_is_refused_with_its_name)
{
    run_record record = some_record();
    ck_assert_int_eq(scratch_write_record("", &record, message), 0);
    run_record_free(&record);
    char *text = scratch_read("run.json");
    memcpy(strstr(text, "\"interrupted\""), "\"hibernating\"", strlen("\"hibernating\""));
    scratch_write("run.json", text);
    free(text);
    ck_assert_int_eq(run_record_read(&record, scratch_path(""), message), FILE_DAMAGED);
    ck_assert_ptr_nonnull(strstr(message, "state \"hibernating\" is not running, finished"));
}
END_TEST

START_TEST(a_record_owns_the_event_files_that_it_names)
{
    run_record record = {.config = some_config()};
    ck_assert(run_record_owns(&record, "train", "events.out.tfevents.1.host.1.0.v2"));
    ck_assert(!run_record_owns(&record, "train", "my.tfevents"));
    ck_assert_int_eq(
        run_record_add_event_file(&record, "train", "events.out.tfevents.1.host.1.0.v2"), 0);
    ck_assert(run_record_owns(&record, "train", "events.out.tfevents.1.host.1.0.v2"));
    ck_assert(!run_record_owns(&record, "validation", "events.out.tfevents.1.host.1.0.v2"));
    ck_assert(!run_record_owns(&record, "train", "events.out.tfevents.2.host.1.0.v2"));
    run_record_free(&record);
}
END_TEST

START_TEST(results_are_the_last_epoch_with_the_seconds_of_all)
{
    run_record record = some_record();
    ck_assert_int_eq(scratch_write_record("", &record, message), 0);
    json_t *root = json_load_file(scratch_path("run.json"), 0, NULL);
    const json_t *results = json_object_get(root, "results");
    ck_assert_double_eq(json_real_value(json_object_get(results, "loss")), 0.125);
    ck_assert_double_eq(json_real_value(json_object_get(results, "training_seconds")), 39.5);
    ck_assert_double_eq(json_real_value(json_object_get(results, "validation_seconds")), 9.5);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "peak_bytes")), 21);
    json_decref(root);
    run_record_free(&record);
}
END_TEST

START_TEST(a_run_without_an_epoch_has_no_results)
{
    run_record record = {.config = some_config()};
    run_record copy;
    ck_assert_int_eq(scratch_write_record("", &record, message), 0);
    json_t *root = json_load_file(scratch_path("run.json"), 0, NULL);
    ck_assert_ptr_nonnull(root);
    ck_assert_ptr_null(json_object_get(root, "results"));
    json_decref(root);
    ck_assert_int_eq(run_record_read(&copy, scratch_path(""), message), FILE_READ);
    ck_assert_uint_eq(copy.epoch_count, 0);
    run_record_free(&copy);
}
END_TEST

START_TEST(a_failed_write_leaves_the_old_file_whole)
{
    run_record record = some_record();
    ck_assert_int_eq(scratch_write_record("", &record, message), 0);
    char *before = scratch_read("run.json");
    scratch_make_directory("run.json.tmp"); /* nothing can be written there now */
    record.state = RUN_FINISHED;
    ck_assert_int_eq(scratch_write_record("", &record, message), -1);
    ck_assert_ptr_nonnull(strstr(message, "run.json cannot be written"));
    char *after = scratch_read("run.json");
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
    run_record_free(&record);
}
END_TEST

START_TEST(what_has_the_temporary_files_name_is_not_written_into)
{
    const run_record record = {.config = some_config()};
    scratch_write("mine.txt", "a user's");
    ck_assert_int_eq(symlink("mine.txt", scratch_path("run.json.tmp")), 0);
    ck_assert_int_eq(scratch_write_record("", &record, message), 0);
    char *text = scratch_read("mine.txt");
    ck_assert_str_eq(text, "a user's");
    free(text);
}
END_TEST

START_TEST(nothing_but_the_file_itself_is_left_by_a_write)
{
    run_record record = some_record();
    ck_assert_int_eq(scratch_write_record("", &record, message), 0);
    ck_assert_int_eq(scratch_write_record("", &record, message), 0);
    ck_assert_int_eq(scratch_count(""), 1);
    run_record_free(&record);
}
END_TEST

START_TEST(a_directory_without_the_file_has_no_record)
{
    run_record record;
    ck_assert_int_eq(run_record_read(&record, scratch_path(""), message), FILE_ABSENT);
    ck_assert_int_eq(run_record_read(&record, scratch_path("none"), message), FILE_ABSENT);
}
END_TEST

/* A reader may see this through another mount than the writer's. */
START_TEST(a_file_that_is_cut_off_while_it_is_replaced_is_read_again)
{
    run_record record;
    scratch_write("run.json", "{\"format\": 1, \"sta");
    whole_after = 2;
    ck_assert_int_eq(run_record_read(&record, scratch_path(""), message), FILE_READ);
    ck_assert_int_eq(pauses, 2);
    ck_assert_int_eq(record.state, RUN_INTERRUPTED);
    run_record_free(&record);
}
END_TEST

START_TEST(a_file_that_stays_cut_off_is_damaged)
{
    run_record record;
    scratch_write("run.json", "{\"format\": 1, \"sta");
    ck_assert_int_eq(run_record_read(&record, scratch_path(""), message), FILE_DAMAGED);
    ck_assert_ptr_nonnull(strstr(message, "run.json is damaged"));
    ck_assert_int_ge(pauses, 1);
}
END_TEST

START_TEST(a_file_that_the_system_does_not_read_is_not_damaged)
{
    static const struct {
        int error;
        const char *text;
    } failures[] = {{EIO, "run.json cannot be read: Input/output error"},
                    {ESTALE, "run.json cannot be read: Stale file handle"}};
    run_record record = some_record();
    ck_assert_int_eq(scratch_write_record("", &record, message), 0);
    run_record_free(&record);
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        read_failure = failures[i].error;
        const file_presence presence = run_record_read(&record, scratch_path(""), message);
        read_failure = 0; /* Check calls read, too */
        ck_assert_int_eq(presence, FILE_UNREADABLE);
        ck_assert_msg(strstr(message, failures[i].text) != NULL, "%s", message);
    }
}
END_TEST

/* It takes no room on the disk, and would take minutes to read. */
START_TEST(a_file_larger_than_any_run_has_is_not_read)
{
    run_record record;
    scratch_write("run.json", "{}");
    ck_assert_int_eq(truncate(scratch_path("run.json"), (off_t)1 << 40), 0);
    ck_assert_int_eq(run_record_read(&record, scratch_path(""), message), FILE_UNREADABLE);
    ck_assert_msg(strstr(message, "run.json cannot be read: File too large") != NULL, "%s",
                  message);
}
END_TEST

START_TEST(a_pipe_in_the_place_of_the_file_is_not_waited_for)
{
    run_record record;
    ck_assert_int_eq(mkfifo(scratch_path("run.json"), 0600), 0);
    ck_assert_int_eq(run_record_read(&record, scratch_path(""), message), FILE_DAMAGED);
    ck_assert_ptr_nonnull(strstr(message, "not a regular file"));
}
END_TEST

/* Each line of the written file that matters is changed in one place. */
static const struct {
    const char *from;
    const char *to;
} damages[] = {
    {"\"format\": 1", "\"format\": 2"},
    {"\"interrupted\"", "\"sleeping\""},
    {"\"batch_size\": 64", "\"batch_size\": 0"},
    {"\"batch_size\": 64", "\"batch_size\": 60001"},
    {"\"batch_size\": 64", "\"batch_size\": \"64\""},
    {"\"batch_size\"", "\"batch\""},
    {"\"epochs\": 15", "\"epochs\": 2"},
    {"\"epochs\": 15", "\"epochs\": -1"},
    {"\"precision\": \"tf32\"", "\"precision\": \"fp8\""},
    {"\"precision\": \"tf32\"", "\"precision\": \"default\""},
    {"\"00badf00\"", "\"badf00\""},
    {"\"00badf00\"", "\"00badfoo\""},
    {"\"learning_rate\": 0.3", "\"learning_rate\": -0.3"},
    {"\"histograms\": true", "\"histograms\": 1"},
    {"\"noise_scale\": true", "\"noise_scale\": 1"},
    {"\"epochs\": [", "\"eras\": ["},
    {"\"accuracy\": 0.9", "\"accuracy\": -0.9"},
    {"\"val_accuracy\": 0.9", "\"val_accuracy\": 10.9"},
    {"\"training_seconds\": 12.5", "\"training_seconds\": null"},
    {"\"training_seconds\": 12.5", "\"training_seconds\": 1e300"},
    {"\"validation_seconds\": 2.5", "\"validation_seconds\": -2.5"},
    {"\"engine\": \"cpu\"",
     "\"engine\": \"0123456789012345678901234567890123456789012345678901234567890123\""},
    {"\"event_files\": [", "\"event_files\": {}, \"x\": ["},
    {"\"train/one.", "\"/train/one."},
    {"\"train/one.", "\"../one."},
    {"\"train/one.", "\"train/../../one."},
    {"\"two.tfevents.v2\"", "\"notes.txt\""},
    {"\"two.tfevents.v2\"", "2"},
    {"}", ""},
    {"{", "[{"},
};
enum { DAMAGES = sizeof damages / sizeof damages[0] };

START_TEST(a_damaged_file_is_not_believed)
{
    run_record record = some_record();
    ck_assert_int_eq(scratch_write_record("", &record, message), 0);
    run_record_free(&record);
    char *text = scratch_read("run.json");
    char *place = strstr(text, damages[_i].from);
    ck_assert_msg(place != NULL, "%s", damages[_i].from);
    char changed[8192];
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(place - text), text, damages[_i].to,
             place + strlen(damages[_i].from));
    scratch_write("run.json", changed);
    free(text);
    ck_assert_msg(run_record_read(&record, scratch_path(""), message) == FILE_DAMAGED,
                  "%s for %s was believed", damages[_i].to, damages[_i].from);
    ck_assert_ptr_nonnull(strstr(message, "run.json is damaged"));
    ck_assert_ptr_null(record.epochs);
}
END_TEST

START_TEST(a_run_of_an_earlier_version_has_neither_histograms_nor_the_noise_scale)
{
    run_record record = some_record();
    ck_assert_int_eq(scratch_write_record("", &record, message), 0);
    run_record_free(&record);
    char *text = scratch_read("run.json");
    memcpy(strstr(text, "\"histograms\""), "\"anything__\"", strlen("\"histograms\""));
    memcpy(strstr(text, "\"noise_scale\""), "\"anything_at\"", strlen("\"noise_scale\""));
    scratch_write("run.json", text);
    free(text);
    ck_assert_int_eq(run_record_read(&record, scratch_path(""), message), FILE_READ);
    ck_assert(!record.config.histograms && !record.config.noise_scale);
    run_record_free(&record);
}
END_TEST

START_TEST(equal_configurations_do_not_differ_and_each_change_is_named)
{
    const run_config first = some_config();
    run_config second = first;
    char text[256];
    ck_assert_uint_eq(run_config_difference(&first, &second, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
    second.epochs = 3;
    second.learning_rate = 0.5;
    ck_assert_uint_eq(run_config_difference(&first, &second, text, sizeof text), 2);
    ck_assert_str_eq(text, "epochs 15 instead of 3, learning_rate 0.3 instead of 0.5");
}
END_TEST

START_TEST(how_often_points_are_logged_is_a_difference_only_between_epochs_of_as_many_steps)
{
    const run_config first = some_config();
    run_config second = first;
    char text[256];
    second.log_every = 90;
    ck_assert_uint_eq(run_config_difference(&first, &second, text, sizeof text), 1);
    ck_assert_str_eq(text, "log_every (--update-freq) 9 instead of 90");
    second.training_samples = 6000;
    ck_assert_uint_eq(run_config_difference(&first, &second, text, sizeof text), 1);
    ck_assert_str_eq(text, "training_samples 60000 instead of 6000");
}
END_TEST

START_TEST(the_batches_cover_the_training_set)
{
    run_config config = some_config();
    ck_assert_uint_eq(run_config_steps_per_epoch(&config), 938);
    config.batch_size = 32;
    ck_assert_uint_eq(run_config_steps_per_epoch(&config), 1875);
    config.batch_size = 60000;
    ck_assert_uint_eq(run_config_steps_per_epoch(&config), 1);
}
END_TEST

static void set_up(void)
{
    scratch_make();
    read_failure = pauses = whole_after = 0;
}

int main(void)
{
    Suite *suite = suite_create("run_record");
    TCase *record = tcase_create("record");
    tcase_add_checked_fixture(record, set_up, scratch_remove);
    tcase_add_test(record, what_is_written_is_read);
    tcase_add_test(record, each_state_is_read_as_it_was_written);
    tcase_add_test(record, a_diverged_run_says_at_which_step);
    tcase_add_test(record, a_run_that_died_is_interrupted_or_diverged);
    tcase_add_test(record, a_finished_run_whose_loss_is_no_number_has_diverged);
    tcase_add_test(record, a_state_of_a_later_version_is_refused_with_its_name);
    tcase_add_test(record, a_record_owns_the_event_files_that_it_names);
    tcase_add_test(record, results_are_the_last_epoch_with_the_seconds_of_all);
    tcase_add_test(record, a_run_without_an_epoch_has_no_results);
    tcase_add_test(record, a_failed_write_leaves_the_old_file_whole);
    tcase_add_test(record, what_has_the_temporary_files_name_is_not_written_into);
    tcase_add_test(record, nothing_but_the_file_itself_is_left_by_a_write);
    tcase_add_test(record, a_directory_without_the_file_has_no_record);
    tcase_add_test(record, a_file_that_is_cut_off_while_it_is_replaced_is_read_again);
    tcase_add_test(record, a_file_that_stays_cut_off_is_damaged);
    tcase_add_test(record, a_file_that_the_system_does_not_read_is_not_damaged);
    tcase_add_test(record, a_file_larger_than_any_run_has_is_not_read);
    tcase_add_test(record, a_pipe_in_the_place_of_the_file_is_not_waited_for);
    tcase_add_loop_test(record, a_damaged_file_is_not_believed, 0, DAMAGES);
    tcase_add_test(record, a_run_of_an_earlier_version_has_neither_histograms_nor_the_noise_scale);
    tcase_add_test(record, equal_configurations_do_not_differ_and_each_change_is_named);
    tcase_add_test(
        record, how_often_points_are_logged_is_a_difference_only_between_epochs_of_as_many_steps);
    tcase_add_test(record, the_batches_cover_the_training_set);
    suite_add_tcase(suite, record);
    return run_suite(suite);
}
