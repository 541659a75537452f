#include "fake_run.h"

#include <check.h>
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "scratch.h"

char fake_run_message[MESSAGE_BYTES];
run_record fake_run_record;
progress fake_run_display;
const engine_api *fake_run_engine;
uint32_t fake_run_micro_batch;
bool fake_run_histograms;
bool fake_run_noise_scale;
bool fake_run_resumes;
bool fake_run_no_state;
bool fake_run_keeps_model;
bool fake_run_save_best;
uint32_t fake_run_checkpoint_interval;
bool fake_run_terminates;

void fake_run_set_up(void)
{
    scratch_make();
    fake_engine_plan_now = (fake_engine_plan){0};
    fake_engine_longest_chunk = fake_engine_trains = fake_engine_overlaps = 0;
    fake_engine_steps_queued = fake_engine_unfinished_at_evaluate = 0;
    fake_run_record = (run_record){0};
    fake_run_engine = &fake_engine;
    fake_run_micro_batch = 0;
    fake_run_noise_scale = false;
    fake_run_histograms = fake_run_resumes = fake_run_no_state = false;
    fake_run_keeps_model = fake_run_save_best = false;
    fake_run_checkpoint_interval = 0;
    fake_run_terminates = false;
    progress_init(&fake_run_display, stdout, PROGRESS_QUIET);
}

void fake_run_tear_down(void)
{
    run_record_free(&fake_run_record);
    scratch_remove();
}

outcome fake_run_train(const char *name, uint32_t samples, uint32_t batch_size, uint32_t epochs,
                       uint32_t log_every)
{
    static uint8_t images[MOST_SAMPLES * LENET_IMAGE_PIXELS];
    static uint8_t labels[MOST_SAMPLES];
    for (uint32_t i = 0; i < MOST_SAMPLES; i++) {
        labels[i] = (uint8_t)(i % LENET_CLASSES);
        memset(images + (size_t)i * LENET_IMAGE_PIXELS, (int)(i % 256), LENET_IMAGE_PIXELS);
    }
    const dataset data = {.training = {images, labels, samples},
                          .validation = {images, labels, VALIDATION_SAMPLES}};
    const run_config config = {.batch_size = batch_size,
                               .micro_batch = fake_run_micro_batch,
                               .epochs = epochs,
                               .learning_rate = 0.002,
                               .log_every = log_every,
                               .histograms = fake_run_histograms,
                               .noise_scale = fake_run_noise_scale,
                               .engine = "fake",
                               .arithmetic = "none",
                               .precision = ENGINE_FP32,
                               .training_samples = samples,
                               .validation_samples = VALIDATION_SAMPLES};
    char directory[512];
    snprintf(directory, sizeof directory, "%s", scratch_path(name));
    const run_job job = {.api = fake_run_engine,
                         .config = &config,
                         .data = &data,
                         .data_path = "some/where|else/",
                         .directory = directory,
                         .replace =
                             fake_run_resumes ? RUN_DIRECTORY_CONTINUE : RUN_DIRECTORY_REPLACE_ANY,
                         .checkpoint_interval = fake_run_checkpoint_interval,
                         .no_state = fake_run_no_state,
                         .no_model = !fake_run_keeps_model,
                         .save_best = fake_run_save_best,
                         .terminate_on_nan = fake_run_terminates,
                         .runs_at_once = 1,
                         .display = &fake_run_display};
    run_record_free(&fake_run_record); /* of the run before */
    const outcome ended = run_loop(&job, &fake_run_record, fake_run_message);
    ck_assert_int_eq(fake_engine_alive, 0);
    return ended;
}

outcome fake_run(const char *name, uint32_t epochs, uint32_t log_every)
{
    return fake_run_train(name, TRAINING_SAMPLES, BATCH_SIZE, epochs, log_every);
}

double fake_run_loss(uint32_t epoch, uint32_t steps)
{
    double sum = 0;
    uint32_t samples = 0;
    for (uint32_t i = 0; i < steps; i++) {
        const uint32_t batch = i == STEPS - 1 ? LAST_BATCH : BATCH_SIZE;
        sum += fake_engine_loss_sum(epoch * STEPS + i + 1, batch);
        samples += batch;
    }
    return sum / samples;
}

double fake_run_accuracy(uint32_t epoch, uint32_t steps)
{
    uint32_t correct = 0;
    uint32_t samples = 0;
    for (uint32_t i = 0; i < steps; i++) {
        const uint32_t batch = i == STEPS - 1 ? LAST_BATCH : BATCH_SIZE;
        correct += fake_engine_correct(epoch * STEPS + i + 1, batch);
        samples += batch;
    }
    return (double)correct / samples;
}

static void read_file(const char *path, void (*take)(const tblog_event *, void *), void *context)
{
    tblog_reader *reader;
    const tblog_event *event;
    tblog_status status;
    ck_assert_int_eq(tblog_reader_open(&reader, path), TBLOG_OK);
    while ((status = tblog_reader_next(reader, &event)) == TBLOG_OK) {
        take(event, context);
    }
    ck_assert_int_eq(status, TBLOG_END);
    tblog_reader_close(reader);
}

void fake_run_read(const char *part, void (*take)(const tblog_event *event, void *context),
                   void *context)
{
    DIR *stream = opendir(scratch_path(part));
    ck_assert_ptr_nonnull(stream);
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        char path[1024];
        if (strstr(entry->d_name, "tfevents") != NULL) {
            snprintf(path, sizeof path, "%s/%s", scratch_path(part), entry->d_name);
            read_file(path, take, context);
        }
    }
    closedir(stream);
}

static void take_points(const tblog_event *event, void *context)
{
    points *into = context;
    into->events++;
    for (size_t i = 0; i < event->value_count; i++) {
        point *next = &into->all[into->count++];
        ck_assert_uint_le(into->count, sizeof into->all / sizeof into->all[0]);
        snprintf(next->tag, sizeof next->tag, "%s", event->values[i]->tag);
        next->step = event->step;
        next->value = event->values[i]->scalar;
    }
}

points fake_run_points(const char *part)
{
    static points result;
    result.count = 0;
    result.events = 0;
    fake_run_read(part, take_points, &result);
    return result;
}

double points_value(const points *from, const char *tag, int64_t step)
{
    double value = NAN;
    unsigned found = 0;
    for (size_t i = 0; i < from->count; i++) {
        if (strcmp(from->all[i].tag, tag) == 0 && from->all[i].step == step) {
            value = from->all[i].value;
            found++;
        }
    }
    ck_assert_uint_le(found, 1);
    return value;
}

unsigned points_count(const points *from, const char *tag)
{
    unsigned found = 0;
    for (size_t i = 0; i < from->count; i++) {
        found += strcmp(from->all[i].tag, tag) == 0;
    }
    return found;
}

void fake_run_assert_interrupted(uint32_t least, uint32_t most)
{
    run_record there;
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), fake_run_message), FILE_READ);
    ck_assert_int_eq(there.state, RUN_INTERRUPTED);
    ck_assert_uint_ge(there.epoch_count, least);
    ck_assert_uint_le(there.epoch_count, most);
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "epoch_loss"), there.epoch_count);
    run_record_free(&there);
}

void fake_run_interrupt_at_first_step(uint64_t step)
{
    if (step == 1) {
        raise(SIGINT);
    }
}
