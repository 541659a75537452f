/* The options of train and sweep, parsed from the command line. One table for what both share. */
#ifndef TRAINER_RUN_OPTIONS_PARSE_H
#define TRAINER_RUN_OPTIONS_PARSE_H

#include "must_check.h"
#include "outcome.h"
#include "run_options.h"

/* Texts point into argv. OUTCOME_DONE, or OUTCOME_REFUSED after one line on stderr; --help,
 * --version and unknown options end the process, as argp does. */
MUST_CHECK outcome run_options_parse_train(run_options *out, int argc, char **argv);
MUST_CHECK outcome run_options_parse_sweep(run_options *out, int argc, char **argv);

#endif
