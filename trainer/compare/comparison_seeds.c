/* Runs that differ by their seed only, taken together: what a batch size does, and how sure that
 * is. */
#include <math.h>

#include "comparison.h"

/* What a run logs, and how often, changes no result. */
static bool differ_by_seed_only(const run_config *left, const run_config *right)
{
    char difference[256];
    run_config same_seed = *right;
    same_seed.seed = left->seed;
    same_seed.log_every = left->log_every;
    same_seed.histograms = left->histograms;
    return left->batch_size == right->batch_size &&
           run_config_difference(left, &same_seed, difference, sizeof difference) == 0;
}

bool comparison_seed_diverged(const comparison *self, const compared_run *run)
{
    for (size_t i = 0; i < self->count; i++) {
        const run_record *other = &self->runs[i].record;
        if (other->state == RUN_DIVERGED &&
            differ_by_seed_only(&other->config, &run->record.config)) {
            return true;
        }
    }
    return false;
}

/* Sums of a figure over runs; two passes, since the spread is small beside the mean. */
typedef double (*figure_of)(const compared_run *run);

static double final_accuracy(const compared_run *run)
{
    return run->answers[COMPARISON_FINAL_ACCURACY].value;
}

static double best_accuracy(const compared_run *run)
{
    return run->answers[COMPARISON_BEST_ACCURACY].value;
}

static double first_loss(const compared_run *run)
{
    return run->answers[COMPARISON_FIRST_LOSS].value;
}

static double epochs_to_target(const compared_run *run)
{
    return run->answers[COMPARISON_FEWEST_EPOCHS].value;
}

static double seconds_per_epoch(const compared_run *run)
{
    return run->seconds_per_epoch.value;
}

static bool counts(const compared_run *run)
{
    return run->record.state == RUN_FINISHED && run->epochs > 0;
}

/* Over runs[0 .. count), those that count and whose figure is a number. */
static compared_mean mean_of(const compared_run *runs, size_t count, figure_of figure)
{
    compared_mean out = {.value = NAN, .error = NAN};
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        if (counts(&runs[i]) && isfinite(figure(&runs[i]))) {
            sum += figure(&runs[i]);
            out.runs++;
        }
    }
    if (out.runs == 0) {
        return out;
    }
    out.value = sum / out.runs;
    for (size_t i = 0; i < count; i++) {
        if (counts(&runs[i]) && isfinite(figure(&runs[i]))) {
            squares += pow(figure(&runs[i]) - out.value, 2);
        }
    }
    if (out.runs > 1) {
        out.error = sqrt(squares / (out.runs - 1) / out.runs);
    }
    return out;
}

static compared_batch_size summarize(const compared_run *runs, size_t count)
{
    compared_batch_size out = {
        .batch_size = runs[0].record.config.batch_size,
        .final_accuracy = mean_of(runs, count, final_accuracy),
        .best_accuracy = mean_of(runs, count, best_accuracy),
        .first_loss = mean_of(runs, count, first_loss),
        .epochs_to_target = mean_of(runs, count, epochs_to_target),
        .seconds_per_epoch = mean_of(runs, count, seconds_per_epoch),
    };
    for (size_t i = 0; i < count; i++) {
        out.runs += counts(&runs[i]);
        out.diverged += runs[i].record.state == RUN_DIVERGED;
    }
    return out;
}

size_t comparison_by_batch_size(const comparison *self, compared_batch_size *out)
{
    size_t sizes = 0;
    for (size_t first = 0, end; first < self->count; first = end) {
        const uint32_t batch_size = self->runs[first].record.config.batch_size;
        end = first + 1;
        while (end < self->count && self->runs[end].record.config.batch_size == batch_size) {
            end++;
        }
        out[sizes] = summarize(&self->runs[first], end - first);
        sizes += out[sizes].runs + out[sizes].diverged > 0;
    }
    return sizes;
}
