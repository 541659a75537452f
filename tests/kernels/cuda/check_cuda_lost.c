/* A device is lost in the middle of a run. Tests what is on disk then, the messages, and how the
 * run resumes. Uses all of the trainer except main, and the CUDA engine on the host harness. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "cuda_host.h"
#include "engine_tables.h"
#include "fake_run.h"
#include "sample_data.h"
#include "scratch.h"

/* Steps of one sample are slow enough on the harness that a chunk of the run loop is shorter than
 * an epoch. */
enum { SAMPLES = 3, OTHERS = 1, LAST_EPOCH = 2 };

static uint32_t asked; /* steps requested in the last run */
static uint32_t came;  /* steps whose metrics have come */
static bool lost;      /* whether the device has been lost */

static engine_status train_on(engine *e, uint32_t steps, uint32_t *queued)
{
    const engine_status status = engine_cuda.train(e, steps, queued);
    asked += status == ENGINE_OK ? steps : 0;
    return status;
}

static engine_status poll_on(engine *e, engine_step *out, size_t capacity, size_t *count, bool wait)
{
    const engine_status status = engine_cuda.poll(e, out, capacity, count, wait);
    came += (uint32_t)*count;
    return status;
}

/* Whether to lose the device now: in the second epoch, before all metrics have been polled. */
static bool is_time(void)
{
    const bool now = !lost && asked > SAMPLES && asked > came;
    lost = lost || now;
    return now;
}

static engine_status train_is_told(engine *e, uint32_t steps, uint32_t *queued)
{
    if (is_time()) {
        cuda_host_fail_call(2, cudaErrorIllegalAddress); /* the launch, after cudaSetDevice */
    }
    return train_on(e, steps, queued);
}

static engine_status poll_is_told(engine *e, engine_step *out, size_t capacity, size_t *count,
                                  bool wait)
{
    if (is_time()) {
        cuda_host_fail_call(1, cudaErrorIllegalAddress);
    }
    return poll_on(e, out, capacity, count, wait);
}

static outcome train_run(const engine_api *api)
{
    const engine_data training = sample_data(SAMPLES, 1);
    const engine_data validation = sample_data(OTHERS, 2);
    const dataset data = {
        .training = {(uint8_t *)training.images, (uint8_t *)training.labels, training.count},
        .validation = {(uint8_t *)validation.images, (uint8_t *)validation.labels,
                       validation.count}};
    const run_config config = {.batch_size = 1,
                               .epochs = LAST_EPOCH,
                               .learning_rate = 0.001,
                               .log_every = 1,
                               .engine = "cuda",
                               .arithmetic = "cuda",
                               .precision = ENGINE_FP32,
                               .training_samples = SAMPLES,
                               .validation_samples = OTHERS};
    const run_job job = {.api = api,
                         .config = &config,
                         .data = &data,
                         .data_path = "samples",
                         .directory = scratch_path("run"),
                         .replace = RUN_DIRECTORY_CONTINUE,
                         .checkpoint_interval = 0,
                         .threads = 1,
                         .runs_at_once = 1,
                         .display = &fake_run_display};
    asked = came = 0;
    run_record_free(&fake_run_record);
    const outcome ended = run_loop(&job, &fake_run_record, fake_run_message);
    engine_data freed[] = {training, validation};
    sample_data_free(&freed[0]);
    sample_data_free(&freed[1]);
    ck_assert_uint_eq(cuda_host_memory_used(), 0);
    return ended;
}

static engine_api counted(void)
{
    engine_api api = engine_cuda;
    api.train = train_on;
    api.poll = poll_on;
    return api;
}

/* The logs have every finished step; run.json and the checkpoint have the first epoch. */
static void assert_first_epoch_is_kept(void)
{
    run_record there;
    char message[MESSAGE_BYTES];
    ck_assert_int_eq(run_record_read(&there, scratch_path("run"), message), FILE_READ);
    ck_assert_int_eq(there.state, RUN_INTERRUPTED);
    ck_assert_uint_eq(there.epoch_count, 1);
    run_record_free(&there);
    ck_assert(scratch_exists("run/checkpoint"));
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "epoch_loss"), 1);
    ck_assert_uint_eq(points_count(&training, "batch_loss"), asked);
}

static void lose_the_device(bool in_train)
{
    char told[128];
    engine_api api = counted();
    if (in_train) {
        api.train = train_is_told;
    } else {
        api.poll = poll_is_told;
    }
    ck_assert_int_eq(train_run(&api), OUTCOME_FAILED);
    ck_assert_uint_gt(asked, SAMPLES);
    if (in_train) {
        snprintf(told, sizeof told, "failed to train: cudaGraphLaunch failed at step %u: cudaError",
                 asked + 1);
    } else {
        snprintf(told, sizeof told, "failed after step %u: cudaErrorIllegalAddress", asked);
    }
    ck_assert_msg(strstr(fake_run_message, told) != NULL, "%s", fake_run_message);
    assert_first_epoch_is_kept();
}

static void go_on(void)
{
    const engine_api api = counted();
    cuda_host_reset(); /* the device is well again */
    ck_assert_int_eq(train_run(&api), OUTCOME_DONE);
    ck_assert_uint_eq(asked, SAMPLES); /* only of the second epoch */
    const points training = fake_run_points("run/train");
    ck_assert_uint_eq(points_count(&training, "batch_loss"), LAST_EPOCH * SAMPLES);
    ck_assert_uint_eq(points_count(&training, "epoch_loss"), LAST_EPOCH);
    ck_assert(scratch_exists("run/checkpoint"));
}

START_TEST(a_lost_device_leaves_all_steps_and_a_checkpoint_to_go_on_from)
{
    lost = false;
    cuda_host_reset();
    lose_the_device(_i == 0);
    go_on();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("a device that is lost");
    TCase *runs = tcase_create("runs");
    tcase_add_checked_fixture(runs, fake_run_set_up, fake_run_tear_down);
    tcase_add_loop_test(runs, a_lost_device_leaves_all_steps_and_a_checkpoint_to_go_on_from, 0, 2);
    suite_add_tcase(suite, runs);
    return run_suite(suite);
}
