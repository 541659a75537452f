#include "run_options_check.h"

#include <inttypes.h>

#include "option_value.h"

/* Checks the rates after scaling: each must be usable, and no two may be equal, since equal ones
 * would share a directory. */
static error_t check_scaled(const struct argp_state *state, const run_options *options,
                            uint32_t batch_size)
{
    double scaled[RUN_OPTIONS_MAX_ITEMS];
    for (size_t i = 0; i < options->learning_rate_count; i++) {
        const double base = options->learning_rates[i];
        scaled[i] = learning_rate_scale(base, options->scaling, batch_size);
        if (!learning_rate_is_usable(scaled[i])) {
            return option_wrong(state,
                                "--scale-learning-rate: at batch size %u the learning rate %g "
                                "becomes %g, which is too %s for a 32-bit float",
                                (unsigned)batch_size, base, scaled[i],
                                scaled[i] < 1 ? "small" : "large");
        }
        for (size_t k = 0; k < i; k++) {
            if (scaled[k] == scaled[i]) {
                return option_wrong(state,
                                    "--scale-learning-rate: at batch size %u the learning rates "
                                    "%.17g and %.17g become the same",
                                    (unsigned)batch_size, options->learning_rates[k], base);
            }
        }
    }
    return 0;
}

/* A job array's task must have a run of the list. A task I/N may have none. */
static error_t check_task(const struct argp_state *state, const run_options *options)
{
    const task_share *task = &options->sharing.task;
    const size_t runs = run_options_run_count(options);
    if (task->is_run && task->number >= runs) {
        return option_wrong(state,
                            "--task auto: %s is %" PRIu64 ", but the list has %zu run%s, from 0 on",
                            task->rank_variable, task->number, runs, runs == 1 ? "" : "s");
    }
    return 0;
}

error_t run_options_check(const struct argp_state *state, const run_options *options)
{
    if (options->seeds > 0 && options->seed > (uint64_t)INT64_MAX - (options->seeds - 1)) {
        return option_wrong(state, "--seeds: the last of %u seeds from %" PRIu64 " on is too large",
                            (unsigned)options->seeds, options->seed);
    }
    if (options->resume && options->overwrite) {
        return option_wrong(state, "--resume and --overwrite exclude each other");
    }
    if (options->sharing.join && options->overwrite) {
        return option_wrong(state, "--join and --overwrite exclude each other: this would delete "
                                   "what other processes have trained");
    }
    if (options->save_best && options->no_model) {
        return option_wrong(state, "--save-best and --no-model exclude each other");
    }
    if (run_options_run_count(options) > RUN_OPTIONS_MAX_RUNS) {
        return option_wrong(state, "--seeds: a sweep of %zu runs is too large; the most is %d",
                            run_options_run_count(options), RUN_OPTIONS_MAX_RUNS);
    }
    for (size_t i = 0; i < options->batch_size_count; i++) {
        const error_t error = check_scaled(state, options, options->batch_sizes[i]);
        if (error != 0) {
            return error;
        }
    }
    return check_task(state, options);
}
