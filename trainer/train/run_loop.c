#include "run_loop.h"

#include <math.h>
#include <stdlib.h>

#include "message.h"
#include "run.h"
#include "run_begin.h"
#include "run_end.h"
#include "run_epoch.h"
#include "run_save.h"

/* Epochs until the last one, or until the run must end. */
static int train_epochs(run *self)
{
    self->saved_at = run_seconds_now();
    while (self->epochs_done < self->job->config->epochs && !run_must_end(self)) {
        if (run_epoch_train(self) != 0) {
            return -1;
        }
        if (self->epochs_done < self->job->config->epochs && !run_must_end(self) &&
            run_save_sometimes(self) != 0) {
            return -1;
        }
    }
    return 0;
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
        ended = run_end(self, train_epochs(self));
    }
    run_directory_close(self->directory);
    job->api->destroy(self->engine);
    free(self->predicted);
    free(self);
    return ended;
}
