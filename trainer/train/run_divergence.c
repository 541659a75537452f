#include "run_divergence.h"

#include <float.h>
#include <math.h>

#include "number.h"

/* The session has failed, however the run ends. run.json records it immediately: the process may be
 * killed before the epoch ends, and the run must not be resumed then. */
static int keep_divergence(run *self)
{
    return run_log_end_session(self->log, false, self->message) != 0 ||
                   run_log_sync(self->log, self->message) != 0
               ? -1
               : run_directory_write(self->directory, self->record, self->message);
}

int run_watch_loss(run *self, const char *which, double loss, uint64_t step)
{
    char shown[NUMBER_BYTES];
    char place[RUN_CONFIG_STEP_BYTES];
    if (fabs(loss) <= FLT_MAX || run_has_diverged(self)) {
        return 0;
    }
    self->record->diverged_at_step = step;
    number_format(shown, loss);
    run_config_format_step(place, self->job->config, step);
    progress_note(self->job->display, "Diverged: the %s loss is %s at %s", which, shown, place);
    return keep_divergence(self);
}
