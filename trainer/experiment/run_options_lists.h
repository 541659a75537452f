/* The options of a sweep that are lists of numbers. Each takes the option's text, and returns 0 or
 * argp's error after a line on stderr. */
#ifndef TRAINER_RUN_OPTIONS_LISTS_H
#define TRAINER_RUN_OPTIONS_LISTS_H

#include <argp.h>

#include "must_check.h"
#include "run_options.h"

/* Of each the last one counts, but --learning-rate and --learning-rates exclude each other. */
MUST_CHECK error_t run_options_take_batch_sizes(const struct argp_state *state,
                                                run_options *options, const char *text);
MUST_CHECK error_t run_options_take_learning_rate(const struct argp_state *state,
                                                  run_options *options, const char *text);
MUST_CHECK error_t run_options_take_learning_rates(const struct argp_state *state,
                                                   run_options *options, const char *text);

#endif
