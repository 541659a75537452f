#include "run.h"

#include <stdio.h>
#include <time.h>

#include "message.h"
#include "signals.h"

uint64_t run_steps_done(const run *self)
{
    return (uint64_t)self->epochs_done * run_config_steps_per_epoch(self->job->config) +
           self->sums.steps;
}

void run_format_place(char out[RUN_PLACE_BYTES], const run_config *config, uint32_t epochs_done,
                      uint32_t steps)
{
    const unsigned epochs = config->epochs;
    if (epochs_done == 0 && steps == 0) {
        snprintf(out, RUN_PLACE_BYTES, "before the first step");
    } else if (steps == 0) {
        snprintf(out, RUN_PLACE_BYTES, "after epoch %u of %u", (unsigned)epochs_done, epochs);
    } else {
        snprintf(out, RUN_PLACE_BYTES, "after epoch %u of %u, step %u of %u", (unsigned)epochs_done,
                 epochs, (unsigned)steps, (unsigned)run_config_steps_per_epoch(config));
    }
}

bool run_has_diverged(const run *self)
{
    return self->record->diverged_at_step > 0;
}

bool run_is_terminated(const run *self)
{
    return self->job->terminate_on_nan && run_has_diverged(self);
}

bool run_must_end(const run *self)
{
    return signals_noted() != 0 || run_is_terminated(self);
}

double run_seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int run_engine_failed(run *self, const char *what, engine_status status)
{
    const char *cause = self->job->api->message(self->engine);
    return message_set(self->message, "the %s engine failed to %s: %s", self->job->api->name, what,
                       cause != NULL && cause[0] != '\0' ? cause : engine_status_string(status));
}
