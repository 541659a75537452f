#include "run_model.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "message.h"
#include "model_file.h"
#include "progress.h"
#include "run_config_difference.h"

static const epoch_figures unknown_figures = {NAN, NAN, NAN, NAN, NAN, NAN, {NAN, NAN, NAN}};

static model_origin origin_now(const run *self)
{
    const bool at_epoch_end = self->epochs_done > 0 && self->sums.steps == 0;
    return (model_origin){
        .config = *self->job->config,
        .epochs = self->epochs_done,
        .iterations = run_steps_done(self),
        .figures = at_epoch_end ? self->record->epochs[self->epochs_done - 1] : unknown_figures,
    };
}

static int read_parameters(const run *self, float *out, char *message)
{
    const engine_api *api = self->job->api;
    for (unsigned i = 0; i < LENET_TENSORS; i++) {
        const lenet_tensor *tensor = &lenet_tensors[i];
        size_t count = 0;
        if (api->read_tensor(self->engine, tensor->name, out + tensor->offset, tensor->count,
                             &count) != ENGINE_OK) {
            return message_set(message, "the %s engine failed to give its weights: %s", api->name,
                               api->message(self->engine));
        }
    }
    return 0;
}

static bool is_finite(const float *parameters)
{
    bool finite = true;
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        finite &= isfinite(parameters[i]) != 0;
    }
    return finite;
}

static int save_as(const run *self, const char *name, char *message)
{
    const run_job *job = self->job;
    model network = {.has_origin = true, .origin = origin_now(self)};
    network.parameters = malloc(LENET_PARAMETERS * sizeof *network.parameters);
    if (network.parameters == NULL) {
        return message_set(message, "no memory for the network");
    }
    int status = read_parameters(self, network.parameters, message);
    if (status == 0 && !is_finite(network.parameters)) {
        progress_note(job->display, "Note: %s is not written: the network has NaN or infinity",
                      name);
    } else if (status == 0 && run_directory_check_owner(self->directory, message) != 0) {
        status = -1;
    } else if (status == 0) {
        status = model_write(&network, run_directory_descriptor(self->directory), name,
                             job->directory, message);
    }
    model_free(&network);
    return status;
}

int run_model_save(const run *self, char *message)
{
    return self->job->no_model ? 0 : save_as(self, MODEL_FILE, message);
}

void run_model_save_best(run *self)
{
    char message[MESSAGE_BYTES];
    const double val_loss = self->record->epochs[self->epochs_done - 1].val_loss;
    if (!self->keeps_best || !(val_loss < self->best_val_loss)) {
        return;
    }
    if (run_log_sync(self->log, message) != 0 || save_as(self, MODEL_BEST_FILE, message) != 0) {
        progress_note(self->job->display,
                      "Note: the network after epoch %u, the best, is not kept: %s",
                      (unsigned)self->epochs_done, message);
        return;
    }
    self->best_val_loss = val_loss;
}

/* Is the network of this run? Equal configurations are the same run; its epoch may be one that
 * run.json does not have yet. */
static bool is_own(const run *self, const run_record *there, const model_origin *origin)
{
    char difference[MESSAGE_BYTES];
    const run_config *config = self->job->config;
    run_config same_epochs = origin->config;
    same_epochs.epochs = config->epochs;
    return run_config_difference(&same_epochs, config, difference, sizeof difference) == 0 &&
           origin->epochs >= 1 && origin->epochs <= config->epochs &&
           isfinite(origin->figures.val_loss) &&
           (origin->epochs > there->epoch_count ||
            there->epochs[origin->epochs - 1].val_loss == origin->figures.val_loss);
}

static void take_best(run *self, const run_record *there, const model *best)
{
    self->keeps_best = true;
    if (best->has_origin && is_own(self, there, &best->origin)) {
        self->best_val_loss = best->origin.figures.val_loss;
    } else {
        progress_note(
            self->job->display,
            "Note: only epochs from here on count for the best network: %s/" MODEL_BEST_FILE
            " is not of this run",
            self->job->directory);
    }
}

int run_model_restore(run *self, const run_record *there)
{
    const run_job *job = self->job;
    char why[MESSAGE_BYTES];
    model best = {0};
    if (job->no_model) {
        return 0;
    }
    switch (model_read(&best, run_directory_descriptor(self->directory), MODEL_BEST_FILE,
                       job->directory, why)) {
    case FILE_READ:
        take_best(self, there, &best);
        break;
    case FILE_ABSENT:
        if (self->keeps_best && self->epochs_done > 0) {
            progress_note(job->display,
                          "Note: only epochs from here on count for the best network");
        }
        break;
    case FILE_DAMAGED:
        self->keeps_best = true;
        progress_note(job->display, "Note: only epochs from here on count for the best network: %s",
                      why);
        break;
    case FILE_UNREADABLE:
        return message_set(self->message, "%s", why);
    }
    model_free(&best);
    return 0;
}

void run_model_drop(const run *self)
{
    char why[MESSAGE_BYTES];
    bool had_any = false;
    if (!self->job->no_model) {
        return;
    }
    if (run_directory_drop_models(self->directory, &had_any, why) != 0) {
        progress_note(self->job->display, "Note: an outdated network was not removed: %s", why);
    } else if (had_any) {
        progress_note(self->job->display,
                      "Note: with --no-model the networks that the run had kept are removed");
    }
}
