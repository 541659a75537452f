#include "run.h"

uint64_t run_steps_done(const run *self)
{
    return (uint64_t)self->epochs_done * run_config_steps_per_epoch(self->job->config) +
           self->sums.steps;
}
