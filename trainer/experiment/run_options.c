#include "run_options.h"

static size_t seed_count(const run_options *options)
{
    return options->seeds > 0 ? options->seeds : 1;
}

size_t run_options_run_count(const run_options *options)
{
    return options->batch_size_count * options->learning_rate_count * seed_count(options);
}

run_choice run_options_choice(const run_options *options, size_t index)
{
    const size_t seeds = seed_count(options);
    const size_t rates = options->learning_rate_count;
    const uint32_t batch_size = options->batch_sizes[index / seeds / rates];
    const double base = options->learning_rates[index / seeds % rates];
    return (run_choice){.batch_size = batch_size,
                        .learning_rate = learning_rate_scale(base, options->scaling, batch_size),
                        .seed = options->seed + index % seeds};
}
