#include "run_save.h"

#include <stdio.h>

#include "message.h"
#include "run_checkpoint.h"
#include "run_model.h"

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

int run_save_sometimes(run *self)
{
    char no_state[48];
    char no_network[64];
    const unsigned epoch = self->epochs_done;
    if (run_has_diverged(self) ||
        run_seconds_now() - self->saved_at < self->job->checkpoint_interval) {
        return 0;
    }
    snprintf(no_state, sizeof no_state, "Note: no checkpoint after epoch %u", epoch);
    snprintf(no_network, sizeof no_network, "Note: the network after epoch %u is not kept", epoch);
    const int status = try_to_save(self, no_state, no_network);
    self->saved_at = run_seconds_now();
    return status;
}

int run_save_interrupted(run *self)
{
    if (run_steps_done(self) == 0) {
        return 0;
    }
    return try_to_save(self, "Warning: the state was not saved", "Note: the network is not kept");
}

int run_save_finished(run *self)
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
