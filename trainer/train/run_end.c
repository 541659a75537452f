#include "run_end.h"

#include <string.h>

#include "message.h"
#include "run_save.h"

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
    return run_save_interrupted(self);
}

/* Ends a run with all its epochs. The state and the network are saved before the end of its session
 * is logged, which cannot be undone. If they cannot be saved, the run is not finished, and resuming
 * it does the rest. */
static int end_finished(run *self)
{
    if (run_save_finished(self) != 0) {
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
    if (run_has_diverged(self) || strcmp(here, saved) == 0) {
        message_set(self->message, "%s", here);
    } else if (self->saved_epochs == 0 && self->saved_steps == 0) {
        message_set(self->message, "%s (no saved state: training would start at step 1)", here);
    } else {
        message_set(self->message, "%s (last saved state: %s)", here, saved);
    }
}

outcome run_end(run *self, int status)
{
    char other[MESSAGE_BYTES]; /* ignored: the first error is reported */
    const bool done = self->epochs_done == self->job->config->epochs;
    const bool diverged = run_has_diverged(self);
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
    if (run_is_terminated(self)) {
        return OUTCOME_DIVERGED;
    }
    return done ? OUTCOME_DONE : OUTCOME_STOPPED;
}
