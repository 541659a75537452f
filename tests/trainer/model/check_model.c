/* Loading a model from a file or a run's directory: its origin, and the reason if there is none. */
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "message.h"
#include "model.h"
#include "model_facts.h"
#include "model_file.h"
#include "model_sample.h"
#include "run_config_difference.h"
#include "safetensors.h"
#include "scratch.h"

static char message[MESSAGE_BYTES];
static model loaded;

/* After two of three epochs of six steps, and one step of the third. */
static model sample_model(void)
{
    model out = {
        .parameters = malloc(LENET_PARAMETERS * sizeof(float)),
        .has_origin = true,
        .origin =
            {.config = {.batch_size = 4,
                        .micro_batch = 2,
                        .epochs = 3,
                        .seed = INT64_MAX,
                        .learning_rate = 0.1,
                        .log_every = 7,
                        .histograms = true,
                        .engine = "cpu",
                        .arithmetic = "avx2, method 3",
                        .precision = ENGINE_BF16,
                        .training_samples = 22,
                        .validation_samples = 7,
                        .data_crc32 = 0x0123abcd},
             .epochs = 2,
             .iterations = 13,
             .figures = {.loss = 0.1, .accuracy = 1.0 / 3, .val_loss = 1e300, .val_accuracy = 1}},
    };
    memcpy(out.parameters, model_sample_parameters(), LENET_PARAMETERS * sizeof(float));
    return out;
}

static int write_model(const model *self, const char *directory, const char *name)
{
    const int fd = open(scratch_path(directory), O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(fd, 0);
    const int status = model_write(self, fd, name, directory, message);
    close(fd);
    return status;
}

static void write_sample(const char *directory, const char *name)
{
    model written = sample_model();
    ck_assert_msg(write_model(&written, directory, name) == 0, "%s", message);
    model_free(&written);
}

static int load(const char *name, bool best)
{
    model_free(&loaded);
    message[0] = '\0';
    return model_load(&loaded, scratch_path(name), best, message);
}

static void expect_refused(int status, const char *reason)
{
    ck_assert_int_eq(status, -1);
    ck_assert_ptr_null(loaded.parameters);
    ck_assert(!loaded.has_origin);
    ck_assert_msg(strstr(message, reason) != NULL, "\"%s\" does not say \"%s\"", message, reason);
    ck_assert_ptr_null(strchr(message, '\n'));
}

/* A file with this metadata instead of valid metadata. */
static void expect_fact_refused(const char *key, const char *value, const char *reason)
{
    model good = sample_model();
    json_t *facts = model_facts(&good);
    model out = {0};
    if (value == NULL) {
        ck_assert_int_eq(json_object_del(facts, key), 0);
    } else {
        ck_assert_int_eq(json_object_set_new(facts, key, json_string(value)), 0);
    }
    ck_assert_int_eq(model_facts_read(&out, facts, message), -1);
    ck_assert_msg(strstr(message, reason) != NULL, "\"%s\" does not say \"%s\"", message, reason);
    ck_assert(!out.has_origin);
    json_decref(facts);
    model_free(&good);
}

START_TEST(a_model_is_read_as_it_was_written)
{
    model written = sample_model();
    write_sample("", "file");
    ck_assert_msg(load("file", false) == 0, "%s", message);
    ck_assert_mem_eq(loaded.parameters, written.parameters, LENET_PARAMETERS * sizeof(float));
    ck_assert(loaded.has_origin);
    char difference[200];
    ck_assert_uint_eq(run_config_difference(&loaded.origin.config, &written.origin.config,
                                            difference, sizeof difference),
                      0);
    ck_assert_uint_eq(loaded.origin.epochs, 2);
    ck_assert_uint_eq(loaded.origin.iterations, 13);
    ck_assert_double_eq(loaded.origin.figures.loss, 0.1);
    ck_assert_double_eq(loaded.origin.figures.accuracy, 1.0 / 3);
    ck_assert_double_eq(loaded.origin.figures.val_loss, 1e300);
    ck_assert_double_eq(loaded.origin.figures.val_accuracy, 1);
    model_free(&written);
}
END_TEST

START_TEST(the_same_model_is_the_same_bytes)
{
    write_sample("", "one");
    write_sample("", "two");
    size_t bytes = 0;
    size_t others = 0;
    char *one = model_sample_read("one", &bytes);
    char *two = model_sample_read("two", &others);
    ck_assert_uint_eq(bytes, others);
    ck_assert_mem_eq(one, two, bytes);
    free(two);
    free(one);
}
END_TEST

START_TEST(facts_are_texts_that_a_reader_understands)
{
    model self = sample_model();
    json_t *facts = model_facts(&self);
    static const char *const expected[][2] = {
        {"program", "trainer " PROGRAM_VERSION},
        {"input", "28x28, byte / 255, light digit on black"},
        {"classes", "0 1 2 3 4 5 6 7 8 9"},
        {"data_crc32", "0123abcd"},
        {"epoch", "2"},
        {"iterations", "13"},
        {"loss", "0.10000000000000001"},
        {"val_accuracy", "1"},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert_pstr_eq(json_string_value(json_object_get(facts, expected[i][0])),
                          expected[i][1]);
    }
    const char *configuration = json_string_value(json_object_get(facts, "configuration"));
    ck_assert_ptr_nonnull(strstr(configuration, "\"batch_size\":4,"));
    json_decref(facts);
    model_free(&self);
}
END_TEST

START_TEST(figures_that_are_not_known_are_left_out)
{
    model self = sample_model();
    model back = {0};
    self.origin.figures = (epoch_figures){.loss = NAN, .accuracy = 0.5, .val_loss = INFINITY};
    json_t *facts = model_facts(&self);
    ck_assert_ptr_null(json_object_get(facts, "loss"));
    ck_assert_ptr_null(json_object_get(facts, "val_loss"));
    ck_assert_int_eq(model_facts_read(&back, facts, message), 0);
    ck_assert(isnan(back.origin.figures.loss) && isnan(back.origin.figures.val_loss));
    ck_assert_double_eq(back.origin.figures.accuracy, 0.5);
    json_decref(facts);
    model_free(&self);
}
END_TEST

START_TEST(the_files_of_other_programs_have_no_origin)
{
    static const char *const texts[] = {NULL, "{}", "{\"format\":\"pt\"}",
                                        "{\"configuration\":\"theirs\",\"epoch\":\"last\"}",
                                        "{\"program\":\"trainer 0.1.0\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_t *facts = texts[i] != NULL ? json_loads(texts[i], 0, NULL) : NULL;
        const int fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY);
        ck_assert_int_eq(safetensors_write(fd, "file", model_sample_parameters(), facts), 0);
        ck_assert_msg(load("file", false) == 0, "%s", message);
        ck_assert(!loaded.has_origin);
        close(fd);
        json_decref(facts);
    }
}
END_TEST

START_TEST(a_model_without_origin_is_written_too)
{
    model self = sample_model();
    self.has_origin = false;
    ck_assert_int_eq(write_model(&self, "", "file"), 0);
    ck_assert_int_eq(load("file", false), 0);
    ck_assert(!loaded.has_origin);
    model_free(&self);
}
END_TEST

START_TEST(facts_that_are_wrong_are_refused)
{
    expect_fact_refused("configuration", "{", "configuration is not a text of JSON");
    expect_fact_refused("configuration", "[]", "configuration: training_samples is not");
    expect_fact_refused("configuration", "", "configuration is not a text of JSON");
    expect_fact_refused("epoch", NULL, "epoch is not a whole number from 0 to 3");
    expect_fact_refused("epoch", "4", "epoch is not a whole number from 0 to 3");
    expect_fact_refused("epoch", "-1", "epoch is not");
    expect_fact_refused("epoch", "18446744073709551616", "epoch is not");
    expect_fact_refused("iterations", "11", "iterations is not a whole number from 12 to 17");
    expect_fact_refused("iterations", "18", "iterations is not");
    expect_fact_refused("iterations", NULL, "iterations is not");
    expect_fact_refused("val_loss", "nan", "val_loss is not a number");
    expect_fact_refused("val_loss", "1e999", "val_loss is not a number");
    expect_fact_refused("val_loss", "0.1x", "val_loss is not a number");
    expect_fact_refused("loss", "", "loss is not a number");
}
END_TEST

START_TEST(a_run_has_its_last_model_and_its_best)
{
    scratch_make_directory("run");
    write_sample("run", MODEL_FILE);
    ck_assert_int_eq(load("run", false), 0);
    expect_refused(load("run", true), "run holds neither a run nor a best.safetensors");
    model best = sample_model();
    best.origin.epochs = 1;
    best.origin.iterations = 6;
    ck_assert_int_eq(write_model(&best, "run", MODEL_BEST_FILE), 0);
    model_free(&best);
    ck_assert_int_eq(load("run", true), 0);
    ck_assert_uint_eq(loaded.origin.epochs, 1);
    ck_assert_int_eq(load("run", false), 0);
    ck_assert_uint_eq(loaded.origin.epochs, 2);
}
END_TEST

/* A run's record with that many epochs. */
static void write_run(const char *directory, uint32_t epochs)
{
    run_record run = {.state = RUN_RUNNING, .config = {.learning_rate = 1}, .runs_at_once = 1};
    model sample = sample_model();
    run.config = sample.origin.config;
    model_free(&sample);
    scratch_make_directory(directory);
    for (uint32_t i = 0; i < epochs; i++) {
        ck_assert_int_eq(run_record_add_epoch(&run, &(epoch_figures){0}), 0);
    }
    ck_assert_msg(scratch_write_record(directory, &run, message) == 0, "%s", message);
    run_record_free(&run);
}

START_TEST(a_directory_without_a_model_says_why)
{
    scratch_make_directory("damaged");
    scratch_write("damaged/run.json", "{");
    expect_refused(load("damaged", false), "damaged has no model.safetensors, and ");
    ck_assert_ptr_nonnull(strstr(message, "damaged/run.json is damaged"));
    scratch_make_directory("empty");
    expect_refused(load("empty", false), "empty holds neither a run nor a model.safetensors");
    write_run("runs/one", 0);
    expect_refused(load("runs", false), "name a run in it, such as ");
    ck_assert_ptr_nonnull(strstr(message, "/runs/one"));
    expect_refused(load("runs/one", false), "runs/one has no model.safetensors yet");
    write_run("runs/one", 1);
    expect_refused(load("runs/one", false), "--no-model");
    expect_refused(load("runs/one", true), "--save-best");
}
END_TEST

START_TEST(what_is_no_file_of_a_model_is_refused_by_name)
{
    expect_refused(load("nothing", false), "nothing cannot be read: No such file");
    expect_refused(load("nothing", true), "nothing cannot be read: No such file");
    scratch_write("text", "not a model at all");
    expect_refused(load("text", false), "/text: it is text, not a safetensors file");
    expect_refused(load("text", true), "/text is a file, not a run's directory");
    ck_assert_int_eq(mkfifo(scratch_path("pipe"), 0666), 0);
    expect_refused(load("pipe", false), "/pipe cannot be read: it is not a regular file");
    scratch_make_directory("run/" MODEL_FILE);
    expect_refused(load("run", false),
                   "/run/model.safetensors cannot be read: it is not a regular");
}
END_TEST

/* A sparse file: it takes no room on the disk or in memory. */
START_TEST(a_file_that_is_far_too_large_is_not_read)
{
    scratch_write("large", "");
    ck_assert_int_eq(truncate(scratch_path("large"), (off_t)1 << 40), 0);
    expect_refused(load("large", false), "/large cannot be read: it is too large for a model");
}
END_TEST

START_TEST(a_write_that_fails_leaves_the_old_model)
{
    model self = sample_model();
    scratch_make_directory("run");
    write_sample("run", MODEL_FILE);
    ck_assert_int_eq(model_write(&self, -1, MODEL_FILE, "some/run", message), -1);
    ck_assert_str_eq(message, "some/run/model.safetensors cannot be written: Bad file descriptor");
    ck_assert_int_eq(load("run", false), 0);
    model_free(&self);
}
END_TEST

static void set_up(void)
{
    scratch_make();
}

static void tear_down(void)
{
    model_free(&loaded);
    scratch_remove();
}

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *models = tcase_create("models");
    tcase_add_checked_fixture(models, set_up, tear_down);
    tcase_add_test(models, a_model_is_read_as_it_was_written);
    tcase_add_test(models, the_same_model_is_the_same_bytes);
    tcase_add_test(models, facts_are_texts_that_a_reader_understands);
    tcase_add_test(models, figures_that_are_not_known_are_left_out);
    tcase_add_test(models, the_files_of_other_programs_have_no_origin);
    tcase_add_test(models, a_model_without_origin_is_written_too);
    tcase_add_test(models, facts_that_are_wrong_are_refused);
    tcase_add_test(models, a_run_has_its_last_model_and_its_best);
    tcase_add_test(models, a_directory_without_a_model_says_why);
    tcase_add_test(models, what_is_no_file_of_a_model_is_refused_by_name);
    tcase_add_test(models, a_file_that_is_far_too_large_is_not_read);
    tcase_add_test(models, a_write_that_fails_leaves_the_old_model);
    suite_add_tcase(suite, models);
    return run_suite(suite);
}
