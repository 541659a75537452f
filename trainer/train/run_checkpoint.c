#include "run_checkpoint.h"

#include <stdlib.h>

#include "checkpoint.h"
#include "message.h"

int run_checkpoint_save(run *self, char *message)
{
    const engine_api *api = self->job->api;
    checkpoint state = {
        .epochs = self->epochs_done,
        .iterations = run_steps_done(self),
        .under_way = self->sums,
    };
    if (run_log_sync(self->log, message) != 0) {
        return -1;
    }
    state.state_bytes = api->state_bytes(self->engine);
    state.state = malloc(state.state_bytes);
    if (state.state == NULL) {
        return message_set(message, "no memory for a checkpoint");
    }
    int status = 0;
    if (api->export_state(self->engine, state.state, state.state_bytes) != ENGINE_OK) {
        status = message_set(message, "the %s engine failed to give its state: %s", api->name,
                             api->message(self->engine));
    } else {
        status = run_directory_keep_state(self->directory, &state, message);
    }
    if (status == 0) {
        self->saved_epochs = state.epochs;
        self->saved_steps = state.under_way.steps;
    }
    checkpoint_free(&state);
    return status;
}
