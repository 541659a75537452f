#include "run_epoch.h"

#include <math.h>
#include <stdio.h>

#include "message.h"
#include "noise_scale.h"
#include "run_divergence.h"
#include "run_model.h"
#include "run_steps.h"

static int validate(run *self, epoch_figures *figures)
{
    const double begin = run_seconds_now();
    engine_result result;
    const engine_status status =
        self->job->api->evaluate(self->engine, ENGINE_VALIDATION, &result, self->predicted);
    if (status != ENGINE_OK) {
        return run_engine_failed(self, "validate", status);
    }
    figures->validation_seconds = run_seconds_now() - begin;
    figures->val_loss = result.loss_sum / result.samples;
    figures->val_accuracy = (double)result.correct / result.samples;
    const uint64_t step =
        (self->epochs_done + UINT64_C(1)) * run_config_steps_per_epoch(self->job->config);
    return run_watch_loss(self, "validation", figures->val_loss, step);
}

static int log_histogram(run *self, uint32_t epoch, unsigned index, bool gradient)
{
    char name[64];
    engine_histogram histogram;
    snprintf(name, sizeof name, "%s%s", gradient ? "gradient/" : "", lenet_tensors[index].name);
    const engine_status status = self->job->api->read_histogram(self->engine, name, &histogram);
    if (status != ENGINE_OK) {
        return run_engine_failed(self, "read a histogram", status);
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
    return status == ENGINE_OK ? 0 : run_engine_failed(self, "compute gradients", status);
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

int run_epoch_train(run *self)
{
    const run_config *config = self->job->config;
    progress_view view = {
        .epoch = self->epochs_done + 1,
        .epochs = config->epochs,
        .steps = run_config_steps_per_epoch(config),
    };
    progress_epoch_begin(self->job->display, view.epoch, config->epochs);
    if (run_steps_train(self, &view) != 0) {
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
