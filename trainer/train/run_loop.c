#include "run_loop.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "message.h"
#include "noise_scale.h"
#include "number.h"
#include "run.h"
#include "run_begin.h"
#include "run_checkpoint.h"
#include "run_model.h"
#include "signals.h"

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

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int engine_failed(run *self, const char *what, engine_status status)
{
    const char *cause = self->job->api->message(self->engine);
    return message_set(self->message, "the %s engine failed to %s: %s", self->job->api->name, what,
                       cause != NULL && cause[0] != '\0' ? cause : engine_status_string(status));
}

static bool has_diverged(const run *self)
{
    return self->record->diverged_at_step > 0;
}

/* Does the run end because it diverged? */
static bool is_terminated(const run *self)
{
    return self->job->terminate_on_nan && has_diverged(self);
}

static bool must_end(const run *self)
{
    return signals_noted() != 0 || is_terminated(self);
}

/* The session has failed, however the run ends. run.json records it immediately: the process may be
 * killed before the epoch ends, and the run must not be resumed then. */
static int keep_divergence(run *self)
{
    return run_log_end_session(self->log, false, self->message) != 0 ||
                   run_log_sync(self->log, self->message) != 0
               ? -1
               : run_directory_write(self->directory, self->record, self->message);
}

/* Prints and records the first loss that is not finite as a 32-bit float, the type of engines and
 * event files. `step` counts over the run, from 1. */
static int watch_loss(run *self, const char *which, double loss, uint64_t step)
{
    char shown[NUMBER_BYTES];
    char place[RUN_CONFIG_STEP_BYTES];
    if (fabs(loss) <= FLT_MAX || has_diverged(self)) {
        return 0;
    }
    self->record->diverged_at_step = step;
    number_format(shown, loss);
    run_config_format_step(place, self->job->config, step);
    progress_note(self->job->display, "Diverged: the %s loss is %s at %s", which, shown, place);
    return keep_divergence(self);
}

/* Adds one step to the sums and logs them if a point is due. */
static int take_step(run *self, const engine_step *step)
{
    epoch_sums *sums = &self->sums;
    const uint32_t log_every = self->job->config->log_every;
    if (is_terminated(self)) {
        return 0; /* queued before the divergence was detected; not a part of the run */
    }
    if (watch_loss(self, "training", step->loss_sum / step->samples, step->step) != 0) {
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
    engine_failed(self, "train", status);
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
            engine_failed(self, "finish its steps", status);
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
    progress_update(self->job->display, view, seconds_now());
}

/* Trains the remaining steps of the epoch, or fewer if the run must end. Afterwards nothing is
 * queued. */
static int train_epoch(run *self, progress_view *view)
{
    const double begin = seconds_now() - self->sums.seconds;
    const uint32_t before = self->sums.steps; /* which a resumed run has not trained */
    const double seconds_before = self->sums.seconds;
    uint32_t asked = before;
    uint32_t last = 0; /* steps of the chunk that is queued and not taken */
    do {
        const uint32_t left = must_end(self) ? 0 : view->steps - asked;
        const uint32_t next = self->chunk < left ? self->chunk : left;
        uint32_t queued = 0;
        if ((next > 0 && queue_steps(self, next, &queued) != 0) || take_steps(self, last) != 0 ||
            run_log_check(self->log, self->message) != 0) {
            return -1;
        }
        if (last > 0) {
            self->sums.seconds = seconds_now() - begin;
            show_steps(self, view);
            self->chunk = next_chunk(self->chunk, self->sums.steps - before,
                                     self->sums.seconds - seconds_before);
        }
        asked += queued;
        last = queued;
    } while (last > 0);
    return 0;
}

static int validate(run *self, epoch_figures *figures)
{
    const double begin = seconds_now();
    engine_result result;
    const engine_status status =
        self->job->api->evaluate(self->engine, ENGINE_VALIDATION, &result, self->predicted);
    if (status != ENGINE_OK) {
        return engine_failed(self, "validate", status);
    }
    figures->validation_seconds = seconds_now() - begin;
    figures->val_loss = result.loss_sum / result.samples;
    figures->val_accuracy = (double)result.correct / result.samples;
    const uint64_t step =
        (self->epochs_done + UINT64_C(1)) * run_config_steps_per_epoch(self->job->config);
    return watch_loss(self, "validation", figures->val_loss, step);
}

static int log_histogram(run *self, uint32_t epoch, unsigned index, bool gradient)
{
    char name[64];
    engine_histogram histogram;
    snprintf(name, sizeof name, "%s%s", gradient ? "gradient/" : "", lenet_tensors[index].name);
    const engine_status status = self->job->api->read_histogram(self->engine, name, &histogram);
    if (status != ENGINE_OK) {
        return engine_failed(self, "read a histogram", status);
    }
    return run_log_histogram(self->log, epoch, index, gradient, &histogram, self->message);
}

/* Logs the histograms of all tensors after the epoch (from 0), if the run has them. */
static int log_histograms(run *self, uint32_t epoch)
{
    for (unsigned i = 0; self->job->config->histograms && i < LENET_TENSORS; i++) {
        if (log_histogram(self, epoch, i, false) != 0 || log_histogram(self, epoch, i, true) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Called after the histograms, since it overwrites the gradients of the last step. */
static int measure_noise(run *self, gradient_noise *out)
{
    *out = (gradient_noise){NAN, NAN, NAN};
    if (!self->job->config->noise_scale) {
        return 0;
    }
    const engine_status status =
        noise_scale_measure(self->job->api, self->engine, self->job->config->training_samples, out);
    if (status == ENGINE_NO_MEMORY) {
        return message_set(self->message, "no memory to measure the gradient noise scale");
    }
    return status == ENGINE_OK ? 0 : engine_failed(self, "compute gradients", status);
}

static void show_noise(const run *self, uint32_t epoch, const gradient_noise *noise)
{
    progress *display = self->job->display;
    if (!self->job->config->noise_scale) {
        return;
    }
    if (isnan(noise->scale)) {
        progress_say(display, "Gradient noise scale after epoch %u: not measured", (unsigned)epoch);
    } else {
        progress_say(display, "Gradient noise scale after epoch %u: %.1f", (unsigned)epoch,
                     noise->scale);
    }
}

/* If the epoch was logged before the run was resumed, its seconds stay those on disk, even though
 * training it again took another time. */
static void keep_seconds(const run *self, uint32_t epoch, epoch_figures *figures)
{
    const double logged = run_log_training_seconds(self->log, epoch);
    if (epoch < self->record->epoch_count) {
        figures->training_seconds = self->record->epochs[epoch].training_seconds;
        figures->validation_seconds = self->record->epochs[epoch].validation_seconds;
    } else if (logged > 0) {
        figures->training_seconds = logged;
    }
}

/* Writes the event files, then run.json, then the display: what is displayed has reached the
 * kernel, so that readers find it even if this process dies. */
static int keep_epoch(run *self, const progress_view *view)
{
    const uint32_t epoch = view->epoch - 1; /* from 0, as the event files count */
    epoch_figures figures = view->figures;
    keep_seconds(self, epoch, &figures);
    if (log_histograms(self, epoch) != 0 || measure_noise(self, &figures.noise) != 0 ||
        run_log_epoch(self->log, epoch, &figures, self->predicted, self->message) != 0) {
        return -1;
    }
    if (epoch == self->record->epoch_count && run_record_add_epoch(self->record, &figures) != 0) {
        return message_set(self->message, "no memory for another epoch's results");
    }
    if (run_directory_write(self->directory, self->record, self->message) != 0) {
        return -1;
    }
    progress_epoch_end(self->job->display, view);
    show_noise(self, view->epoch, &figures.noise);
    return 0;
}

/* Saves the state and the network. If that fails the run continues, and prints what is missing and
 * the cause. -1 only if another process has taken over the run. */
static int try_to_save(run *self, const char *no_state, const char *no_network)
{
    char why[MESSAGE_BYTES];
    const char *missing = run_checkpoint_save(self, why) != 0 ? no_state
                          : run_model_save(self, why) != 0    ? no_network
                                                              : NULL;
    if (missing == NULL) {
        return 0;
    }
    if (run_directory_check_owner(self->directory, self->message) != 0) {
        return -1;
    }
    progress_note(self->job->display, "%s: %s", missing, why);
    return 0;
}

/* Saves a checkpoint and the network if they are due after an epoch. A diverged run has none, since
 * it is never resumed. */
static int save_sometimes(run *self)
{
    char no_state[48];
    char no_network[64];
    const unsigned epoch = self->epochs_done;
    if (has_diverged(self) || seconds_now() - self->saved_at < self->job->checkpoint_interval) {
        return 0;
    }
    snprintf(no_state, sizeof no_state, "Note: no checkpoint after epoch %u", epoch);
    snprintf(no_network, sizeof no_network, "Note: the network after epoch %u is not kept", epoch);
    const int status = try_to_save(self, no_state, no_network);
    self->saved_at = seconds_now();
    return status;
}

/* One epoch with its validation, or the part of it until the run must end. */
static int do_epoch(run *self)
{
    const run_config *config = self->job->config;
    progress_view view = {
        .epoch = self->epochs_done + 1,
        .epochs = config->epochs,
        .steps = run_config_steps_per_epoch(config),
    };
    progress_epoch_begin(self->job->display, view.epoch, config->epochs);
    if (train_epoch(self, &view) != 0) {
        return -1;
    }
    if (self->sums.steps < view.steps) {
        return 0;
    }
    if (validate(self, &view.figures) != 0 || keep_epoch(self, &view) != 0) {
        return -1;
    }
    self->epochs_done++;
    self->sums = (epoch_sums){0};
    run_model_save_best(self);
    return 0;
}

/* Epochs until the last one, or until the run must end. */
static int train_epochs(run *self)
{
    self->saved_at = seconds_now();
    while (self->epochs_done < self->job->config->epochs && !must_end(self)) {
        if (do_epoch(self) != 0) {
            return -1;
        }
        if (self->epochs_done < self->job->config->epochs && !must_end(self) &&
            save_sometimes(self) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Does the run have a step from which it can continue? */
static bool has_trained(const run *self)
{
    return self->epochs_done > 0 || self->sums.steps > 0;
}

/* Ends a stopped run. First run.json records "interrupted", since the sender of the signal may not
 * wait. Then the event files are synced and the state is replaced. If that fails, the run can be
 * resumed from its last state. */
static int end_interrupted(run *self)
{
    self->record->state = RUN_INTERRUPTED;
    if (run_directory_write(self->directory, self->record, self->message) != 0 ||
        run_log_sync(self->log, self->message) != 0) {
        return -1;
    }
    return has_trained(self) ? try_to_save(self, "Warning: the state was not saved",
                                           "Note: the network is not kept")
                             : 0;
}

/* The state and the network of a run with all its epochs, as far as it keeps them. */
static int save_finished(run *self)
{
    if (self->job->no_state) {
        if (run_log_sync(self->log, self->message) != 0) {
            return -1;
        }
    } else if (run_checkpoint_save(self, self->message) != 0) {
        return message_set(self->message,
                           "%s; --resume --no-state finishes the run without its state",
                           self->message);
    }
    if (run_model_save(self, self->message) != 0) {
        return message_set(self->message,
                           "%s; --resume --no-model finishes the run without its network",
                           self->message);
    }
    return 0;
}

/* Ends a run with all its epochs. The state and the network are saved before the end of its session
 * is logged, which cannot be undone. If they cannot be saved, the run is not finished, and resuming
 * it does the rest. */
static int end_finished(run *self)
{
    if (save_finished(self) != 0) {
        return -1;
    }
    return run_log_end_session(self->log, true, self->message) != 0
               ? -1
               : run_log_sync(self->log, self->message);
}

/* Removes the state of a run that cannot be resumed, or that keeps none. run.json has been written
 * before: in the other order a kill in between would make the run train again. */
static void drop_state(run *self)
{
    char why[MESSAGE_BYTES];
    if (run_directory_drop_state(self->directory, why) != 0) {
        progress_note(self->job->display, "Note: %s", why);
    }
}

/* Sets the message to the run's step, and to the step from which it would be resumed if that
 * differs. A diverged run is not resumed. */
static void say_where(const run *self)
{
    const run_config *config = self->job->config;
    char here[RUN_PLACE_BYTES];
    char saved[RUN_PLACE_BYTES];
    run_format_place(here, config, self->epochs_done, self->sums.steps);
    run_format_place(saved, config, self->saved_epochs, self->saved_steps);
    if (has_diverged(self) || strcmp(here, saved) == 0) {
        message_set(self->message, "%s", here);
    } else if (self->saved_epochs == 0 && self->saved_steps == 0) {
        message_set(self->message, "%s (no saved state: training would start at step 1)", here);
    } else {
        message_set(self->message, "%s (last saved state: %s)", here, saved);
    }
}

/* Closes the log and records in run.json how the run ended: finished or diverged only if its points
 * are on disk. `status` is the result of the training. */
static outcome end_run(run *self, int status)
{
    char other[MESSAGE_BYTES]; /* ignored: the first error is reported */
    const bool done = self->epochs_done == self->job->config->epochs;
    const bool diverged = has_diverged(self);
    progress_break(self->job->display);
    if (status == 0) {
        status = diverged ? run_log_sync(self->log, self->message)
                 : done   ? end_finished(self)
                          : end_interrupted(self);
    }
    if (run_log_close(self->log, status == 0 ? self->message : other) != 0) {
        status = -1;
    }
    self->log = NULL;
    self->record->state =
        done && status == 0 && !diverged ? RUN_FINISHED : run_record_state_at_rest(self->record);
    if (run_directory_write(self->directory, self->record, status == 0 ? self->message : other) !=
            0 ||
        status != 0) {
        return OUTCOME_FAILED;
    }
    if (diverged || (done && self->job->no_state)) {
        drop_state(self);
    }
    if (!done) {
        say_where(self);
    }
    if (is_terminated(self)) {
        return OUTCOME_DIVERGED;
    }
    return done ? OUTCOME_DONE : OUTCOME_STOPPED;
}

outcome run_loop(const run_job *job, run_record *record, char *message)
{
    *record = (run_record){.state = RUN_RUNNING, .config = *job->config};
    run *self = calloc(1, sizeof *self);
    uint8_t *predicted = malloc(job->data->validation.count);
    if (self == NULL || predicted == NULL) {
        free(predicted);
        free(self);
        message_set(message, "no memory for a run");
        return OUTCOME_FAILED;
    }
    self->predicted = predicted;
    self->job = job;
    self->record = record;
    self->message = message;
    self->chunk = 1;
    self->keeps_best = job->save_best;
    self->best_val_loss = INFINITY;
    outcome ended = run_begin(self);
    if (ended == OUTCOME_DONE) {
        ended = end_run(self, train_epochs(self));
    }
    run_directory_close(self->directory);
    job->api->destroy(self->engine);
    free(self->predicted);
    free(self);
    return ended;
}
