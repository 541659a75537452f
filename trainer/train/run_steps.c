#include "run_steps.h"

#include "message.h"
#include "run_divergence.h"

/* Steps are queued in chunks of about this length: short enough for a live display and a prompt end
 * after a signal, long enough that a GPU does not wait for the host. The next chunk is queued
 * before the metrics of the last one are read, so that a device always has work. */
static const double chunk_seconds = 0.05;

static double mean_loss(const epoch_sums *sums)
{
    return sums->loss / (double)sums->samples;
}

static double mean_accuracy(const epoch_sums *sums)
{
    return (double)sums->correct / (double)sums->samples;
}

/* Adds one step to the sums and logs them if a point is due. */
static int take_step(run *self, const engine_step *step)
{
    epoch_sums *sums = &self->sums;
    const uint32_t log_every = self->job->config->log_every;
    if (run_is_terminated(self)) {
        return 0; /* queued before the divergence was detected; not a part of the run */
    }
    if (run_watch_loss(self, "training", step->loss_sum / step->samples, step->step) != 0) {
        return -1;
    }
    sums->loss += step->loss_sum;
    sums->correct += step->correct;
    sums->samples += step->samples;
    sums->steps++;
    if (log_every == 0 || step->step % log_every != 0) {
        return 0;
    }
    return run_log_batch(self->log, step->step, mean_loss(sums), mean_accuracy(sums),
                         self->message);
}

static int take_ready(run *self, size_t ready)
{
    for (size_t i = 0; i < ready; i++) {
        if (take_step(self, &self->steps[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Logs the steps that finished before the engine failed. The message about the failure is kept. */
static void take_the_rest(run *self)
{
    char other[MESSAGE_BYTES];
    char *const told = self->message;
    size_t ready = 0;
    self->message = other;
    (void)!self->job->api->poll(self->engine, self->steps, LONGEST_CHUNK, &ready, false);
    (void)!take_ready(self, ready);
    self->message = told;
}

/* *queued is at most `count`: fewer if a signal ends the run within this call. */
static int queue_steps(run *self, uint32_t count, uint32_t *queued)
{
    const engine_status status = self->job->api->train(self->engine, count, queued);
    if (status == ENGINE_OK) {
        return 0;
    }
    run_engine_failed(self, "train", status);
    take_the_rest(self);
    return -1;
}

/* Waits for the oldest `count` queued steps and takes the metrics of each, also of those that
 * were finished before the engine failed. */
static int take_steps(run *self, uint32_t count)
{
    for (size_t taken = 0; taken < count;) {
        size_t ready = 0;
        const engine_status status =
            self->job->api->poll(self->engine, self->steps, count - taken, &ready, true);
        if (take_ready(self, ready) != 0) {
            return -1;
        }
        if (status != ENGINE_OK || ready == 0) {
            run_engine_failed(self, "finish its steps", status);
            take_the_rest(self);
            return -1;
        }
        taken += ready;
    }
    return 0;
}

/* The next chunk's size from the epoch's speed so far. It grows at most fourfold at a time, since
 * one short measurement is inaccurate. */
static uint32_t next_chunk(uint32_t chunk, uint32_t done, double seconds)
{
    const double fitting = chunk_seconds * done / (seconds > 1e-9 ? seconds : 1e-9);
    const uint32_t most = chunk > LONGEST_CHUNK / 4 ? LONGEST_CHUNK : 4 * chunk;
    if (fitting >= most) {
        return most;
    }
    return fitting > 1 ? (uint32_t)fitting : 1;
}

static void show_steps(run *self, progress_view *view)
{
    const epoch_sums *sums = &self->sums;
    view->step = sums->steps;
    view->figures.training_seconds = sums->seconds;
    view->figures.loss = mean_loss(sums);
    view->figures.accuracy = mean_accuracy(sums);
    progress_update(self->job->display, view, run_seconds_now());
}

int run_steps_train(run *self, progress_view *view)
{
    const double begin = run_seconds_now() - self->sums.seconds;
    const uint32_t before = self->sums.steps; /* which a resumed run has not trained */
    const double seconds_before = self->sums.seconds;
    uint32_t asked = before;
    uint32_t last = 0; /* steps of the chunk that is queued and not taken */
    do {
        const uint32_t left = run_must_end(self) ? 0 : view->steps - asked;
        const uint32_t next = self->chunk < left ? self->chunk : left;
        uint32_t queued = 0;
        if ((next > 0 && queue_steps(self, next, &queued) != 0) || take_steps(self, last) != 0 ||
            run_log_check(self->log, self->message) != 0) {
            return -1;
        }
        if (last > 0) {
            self->sums.seconds = run_seconds_now() - begin;
            show_steps(self, view);
            self->chunk = next_chunk(self->chunk, self->sums.steps - before,
                                     self->sums.seconds - seconds_before);
        }
        asked += queued;
        last = queued;
    } while (last > 0);
    return 0;
}
