#include "comparison_runs.h"

#include <check.h>
#include <stdio.h>

#include "message.h"
#include "run_loop.h"
#include "scratch.h"

static char message[MESSAGE_BYTES];
comparison all;

void make_run_with(const char *name, uint32_t batch_size, fake_engine_plan plan)
{
    static uint8_t images[VALIDATION_SAMPLES * LENET_IMAGE_PIXELS];
    static uint8_t labels[VALIDATION_SAMPLES];
    const dataset data = {.training = {images, labels, SAMPLES},
                          .validation = {images, labels, VALIDATION_SAMPLES}};
    const run_config config = {.batch_size = batch_size,
                               .epochs = EPOCHS,
                               .learning_rate = 1e-3,
                               .engine = "fake",
                               .arithmetic = "none",
                               .precision = ENGINE_FP32,
                               .training_samples = SAMPLES,
                               .validation_samples = VALIDATION_SAMPLES};
    char directory[512];
    snprintf(directory, sizeof directory, "%s", scratch_path(name));
    progress display;
    progress_init(&display, stdout, PROGRESS_QUIET);
    const run_job job = {.api = &fake_engine,
                         .config = &config,
                         .data = &data,
                         .data_path = "nowhere",
                         .directory = directory,
                         .replace = RUN_DIRECTORY_REPLACE_ANY,
                         .display = &display};
    run_record record;
    fake_engine_plan_now = plan;
    ck_assert_int_eq(run_loop(&job, &record, message), OUTCOME_DONE);
    run_record_free(&record);
}

void make_run(const char *name, uint32_t batch_size, const uint32_t *val_correct)
{
    make_run_with(name, batch_size, (fake_engine_plan){.val_correct = val_correct});
}

void set_seconds_but_first(const char *name, double seconds, double first)
{
    run_record record;
    ck_assert_int_eq(run_record_read(&record, scratch_path(name), message), RUN_RECORD_READ);
    for (uint32_t i = 0; i < record.epoch_count; i++) {
        record.epochs[i].training_seconds = i == 0 ? first : seconds;
        record.epochs[i].validation_seconds = 1;
    }
    ck_assert_int_eq(scratch_write_record(name, &record, message), 0);
    run_record_free(&record);
}

void set_seconds(const char *name, double seconds)
{
    set_seconds_but_first(name, seconds, seconds);
}

void set_state(const char *name, run_state state)
{
    run_record record;
    ck_assert_int_eq(run_record_read(&record, scratch_path(name), message), RUN_RECORD_READ);
    record.state = state;
    ck_assert_int_eq(scratch_write_record(name, &record, message), 0);
    run_record_free(&record);
}

void set_learning_rate(const char *name, double learning_rate)
{
    run_record record;
    ck_assert_int_eq(run_record_read(&record, scratch_path(name), message), RUN_RECORD_READ);
    record.config.learning_rate = learning_rate;
    ck_assert_int_eq(scratch_write_record(name, &record, message), 0);
    run_record_free(&record);
}

void compare_everything(void)
{
    comparison_free(&all);
    ck_assert_msg(comparison_add_below(&all, scratch_path(""), stderr, message) == 0, "%s",
                  message);
    comparison_sort(&all);
}

const uint32_t correct_64[EPOCHS] = {9800, 9893, 9905, 9920};
const uint32_t correct_16[EPOCHS] = {9850, 9901, 9940, 9935};

void make_two_runs(void)
{
    make_run("runs/small", 16, correct_16);
    make_run("runs/large", 64, correct_64);
    set_seconds("runs/small", 20);
    set_seconds("runs/large", 10);
    compare_everything();
}

const uint32_t correct_early[EPOCHS] = {9920, 9921, 9922, 9890};

void make_three_runs(void)
{
    make_run("a", 64, correct_early);
    make_run("b", 32, correct_64);
    make_run("c", 16, correct_16);
    set_seconds("a", 10);
    set_seconds("b", 3);
    set_seconds("c", 10);
    compare_everything();
}

void comparison_set_up(void)
{
    scratch_make();
    all = (comparison){0};
}

void comparison_tear_down(void)
{
    comparison_free(&all);
    scratch_remove();
}
