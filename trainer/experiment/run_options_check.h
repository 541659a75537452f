/* Checks options that are wrong only in combination. */
#ifndef TRAINER_RUN_OPTIONS_CHECK_H
#define TRAINER_RUN_OPTIONS_CHECK_H

#include <argp.h>

#include "must_check.h"
#include "run_options.h"

/* 0, or argp's error after a line on stderr: options that exclude each other, learning rates that
 * scaling makes unusable or equal, a sweep that is too long, a task without a run. */
MUST_CHECK error_t run_options_check(const struct argp_state *state, const run_options *options);

#endif
