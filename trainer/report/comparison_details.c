/* The details of the answer, for people: two tables with a row per run, the gradient noise scales,
 * all differences, definitions, and why runs are left out. */
#include <math.h>
#include <stdbool.h>

#include "comparison_print.h"
#include "number.h"
#include "run_config_difference.h"

enum { LABEL_WIDTH = 12, PAIR_WIDTH = 20, TEXT_BYTES = 96 };

/* What all tables call a run: its number. */
static void print_label(const comparison *all, size_t i, FILE *out)
{
    char number[TEXT_BYTES];
    snprintf(number, sizeof number, "#%zu", i + 1);
    fprintf(out, "%-6s%6u", number, (unsigned)all->runs[i].record.config.batch_size);
}

/* "-" if it is not known. */
static void format_duration(char out[TEXT_BYTES], double seconds)
{
    if (!isfinite(seconds)) {
        snprintf(out, TEXT_BYTES, "-");
    } else if (seconds < 60) {
        snprintf(out, TEXT_BYTES, "%.1f s", seconds);
    } else {
        const unsigned long whole = (unsigned long)(seconds + 0.5);
        snprintf(out, TEXT_BYTES, "%lu min %02lu s", whole / 60, whole % 60);
    }
}

static void print_cost(const comparison *all, size_t i, FILE *out)
{
    char steps[TEXT_BYTES] = "-";
    char pace[TEXT_BYTES] = "-";
    char rate[TEXT_BYTES] = "-";
    char mebibytes[TEXT_BYTES] = "-";
    char duration[TEXT_BYTES] = "-";
    const compared_run *run = &all->runs[i];
    const bool has_epochs = run->record.epoch_count > 0;
    if (!run->is_foreign) {
        snprintf(steps, sizeof steps, "%u",
                 (unsigned)run_config_steps_per_epoch(&run->record.config));
        snprintf(mebibytes, sizeof mebibytes, "%.1f", (double)run->record.memory.total / (1 << 20));
    }
    if (has_epochs && isfinite(run->seconds_per_epoch)) {
        snprintf(pace, sizeof pace, "%.2f (%.2f-%.2f)", run->seconds_per_epoch, run->fastest_epoch,
                 run->slowest_epoch);
    }
    if (has_epochs && isfinite(compared_run_samples_per_second(run))) {
        snprintf(rate, sizeof rate, "%.0f", compared_run_samples_per_second(run));
    }
    if (has_epochs) {
        format_duration(duration, run->seconds);
    }
    print_label(all, i, out);
    fprintf(out, " %6s %20s %9s %8s %11s  %s\n", steps, pace, rate, mebibytes, duration, run->name);
}

static void print_costs(const comparison *all, FILE *out)
{
    fprintf(out, "\n%-6s%6s %6s %20s %9s %8s %11s  %s\n", "Cost", "batch", "steps",
            "s/epoch (low-high)", "samples/s", "MiB", "whole run", "directory");
    for (size_t i = 0; i < all->count; i++) {
        print_cost(all, i, out);
    }
}

/* "0.0123 0.0101 @12" */
static void print_figure(FILE *out, const compared_figure *figure, int width)
{
    char final[NUMBER_BYTES];
    char best[NUMBER_BYTES];
    char text[TEXT_BYTES];
    number_format(final, figure->final);
    number_format(best, figure->best);
    if (figure->best_epoch == 0) {
        snprintf(text, sizeof text, "%6s %6s", final, "-");
    } else {
        snprintf(text, sizeof text, "%6s %6s @%u", final, best, (unsigned)figure->best_epoch);
    }
    fprintf(out, "  %-*s", width, text);
}

/* A loss may be 1.234e+30, an accuracy is at most 1.0000. */
enum { LOSS_WIDTH = 23, ACCURACY_WIDTH = 17 };

static void print_figures_head(FILE *out)
{
    static const struct {
        const char *title;
        int width;
    } columns[] = {{"training loss", LOSS_WIDTH},
                   {"training accuracy", ACCURACY_WIDTH},
                   {"validation loss", LOSS_WIDTH},
                   {"val. accuracy", ACCURACY_WIDTH}};
    enum { COLUMNS = sizeof columns / sizeof columns[0] };
    fprintf(out, "\n%-6s%6s", "Result", "batch");
    for (size_t i = 0; i < COLUMNS; i++) {
        fprintf(out, "  %-*s", columns[i].width, columns[i].title);
    }
    fprintf(out, "  epochs\n%-*s", LABEL_WIDTH, "");
    for (size_t i = 0; i < COLUMNS; i++) {
        fprintf(out, "  %-*s", columns[i].width, " final   best @ep");
    }
    fputs("  to target\n", out);
}

static void print_run_figures(const comparison *all, size_t i, double target, FILE *out)
{
    char text[TEXT_BYTES];
    const compared_run *run = &all->runs[i];
    const bool diverged = run->record.state == RUN_DIVERGED;
    const double epochs = compared_run_epochs_to(run, target);
    print_label(all, i, out);
    if (run->record.epoch_count == 0) {
        fputs(diverged ? "  no epoch, diverged\n" : "  no epoch yet\n", out);
        return;
    }
    print_figure(out, &run->loss, LOSS_WIDTH);
    print_figure(out, &run->accuracy, ACCURACY_WIDTH);
    print_figure(out, &run->val_loss, LOSS_WIDTH);
    print_figure(out, &run->val_accuracy, ACCURACY_WIDTH);
    snprintf(text, sizeof text, "%.0f", epochs);
    fprintf(out, "  %s\n", diverged ? "diverged" : isinf(epochs) ? "never" : text);
}

/* The run that takes this one's place in the family. */
static size_t repeated_by(const comparison *all, const verdict *answer, size_t i)
{
    const run_config *config = &all->runs[i].record.config;
    size_t member = 0;
    while (member + 1 < all->count && !(answer->places[member] == FAMILY_MEMBER &&
                                        family_repeats(&all->runs[member].record.config, config))) {
        member++;
    }
    return member;
}

/* How the run differs from the family's first run in what a family must share. */
static void print_difference(const comparison *all, size_t i, size_t member, FILE *out)
{
    char text[512];
    const run_config *first = &all->runs[member].record.config;
    run_config other = all->runs[i].record.config;
    other.batch_size = first->batch_size;
    other.learning_rate = first->learning_rate;
    other.seed = first->seed;
    other.log_every = first->log_every;
    other.histograms = first->histograms;
    other.noise_scale = first->noise_scale;
    (void)run_config_difference(&other, first, text, sizeof text);
    fprintf(out, "#%zu is left out: %s\n", i + 1, text);
}

static const verdict_row *row_of(const verdict *answer, const compared_run *run)
{
    size_t i = 0; /* each member has a row */
    while (i + 1 < answer->count && answer->rows[i].batch_size != run->record.config.batch_size) {
        i++;
    }
    return &answer->rows[i];
}

static bool is_in(const verdict_row *row, const compared_run *run)
{
    for (size_t i = 0; i < row->seeds; i++) {
        if (row->runs[i] == run) {
            return true;
        }
    }
    return false;
}

/* If a member of the family is in no row: why the choice of a learning rate left it out. */
static void print_choice(const comparison *all, const verdict *answer, size_t i, FILE *out)
{
    const compared_run *run = &all->runs[i];
    const verdict_row *row = row_of(answer, run);
    if (run->record.config.learning_rate != row->learning_rate) {
        fprintf(out, "#%zu is left out: learning rate %.3g was chosen for its batch size\n", i + 1,
                row->learning_rate);
    } else if (compared_run_counts(run) && !is_in(row, run)) {
        fprintf(out, "#%zu is left out: it served to choose its learning rate\n", i + 1);
    }
}

static void print_left_out(const comparison *all, const verdict *answer, FILE *out)
{
    size_t member = 0; /* a family has at least one */
    while (member + 1 < all->count && answer->places[member] != FAMILY_MEMBER) {
        member++;
    }
    for (size_t i = 0; i < all->count; i++) {
        if (answer->places[i] == FAMILY_REPEATED) {
            fprintf(out, "#%zu is left out: it repeats #%zu\n", i + 1,
                    repeated_by(all, answer, i) + 1);
        } else if (answer->places[i] == FAMILY_OTHER_PROGRAM) {
            fprintf(out, "#%zu is left out: another program trained it\n", i + 1);
        } else if (answer->places[i] == FAMILY_MEMBER) {
            print_choice(all, answer, i, out);
        } else {
            print_difference(all, i, member, out);
        }
    }
}

/* The mean noise over the seeds that measured it, after their last epochs. Returns how many did. */
static size_t average_noise(const verdict_row *row, gradient_noise *mean)
{
    size_t seeds = 0;
    *mean = (gradient_noise){0};
    for (size_t i = 0; i < row->seeds; i++) {
        const run_record *record = &row->runs[i]->record;
        const gradient_noise *noise = &record->epochs[record->epoch_count - 1].noise;
        if (record->config.noise_scale && isfinite(noise->variance)) {
            mean->variance += noise->variance;
            mean->square += noise->square;
            seeds++;
        }
    }
    mean->scale = mean->square > 0 ? mean->variance / mean->square : NAN;
    mean->variance /= (double)seeds;
    mean->square /= (double)seeds;
    return seeds;
}

/* A row a batch size, if any measured it. */
static void print_noise(const verdict *answer, FILE *out)
{
    bool has_head = false;
    for (size_t i = 0; i < answer->count; i++) {
        gradient_noise mean;
        char scale[TEXT_BYTES] = "-"; /* not measured */
        const size_t seeds = average_noise(&answer->rows[i], &mean);
        if (seeds == 0) {
            continue;
        }
        if (!has_head) {
            fprintf(out, "\n%-6s%6s %10s %10s %10s %6s  after the last epoch\n", "Noise", "batch",
                    "scale", "S", "|G|^2", "seeds");
            has_head = true;
        }
        if (isfinite(mean.scale)) {
            snprintf(scale, sizeof scale, "%.1f", mean.scale);
        }
        fprintf(out, "%-6s%6u %10s %10.3g %10.3g %6zu\n", "", (unsigned)answer->rows[i].batch_size,
                scale, mean.variance, mean.square, seeds);
    }
}

static void print_pair(const verdict *answer, size_t left, size_t right, FILE *out)
{
    const verdict_pair *pair = verdict_pair_of(answer, left, right);
    char between[TEXT_BYTES];
    snprintf(between, sizeof between, "%u less %u", (unsigned)answer->rows[left].batch_size,
             (unsigned)answer->rows[right].batch_size);
    fprintf(out, "%-*s", PAIR_WIDTH, between);
    if (isnan(pair->accuracy.mean)) {
        fprintf(out, " %8s\n", "-");
    } else if (isnan(pair->p)) {
        fprintf(out, " %+8.3f\n", 100 * pair->accuracy.mean);
    } else {
        fprintf(out, " %+8.3f  %+.3f to %+.3f  p %.3g  %s, %zu seeds in common\n",
                100 * pair->accuracy.mean, 100 * pair->accuracy.low, 100 * pair->accuracy.high,
                pair->p, pair->paired ? "paired" : "Welch", pair->common);
    }
}

static void print_pairs(const verdict *answer, FILE *out)
{
    if (answer->count < 2) {
        return;
    }
    fprintf(out, "\n%-*s %8s  95 %% interval, and p by Holm\n", PAIR_WIDTH, "Difference", "points");
    for (size_t i = 0; i < answer->count; i++) {
        for (size_t j = i + 1; j < answer->count; j++) {
            print_pair(answer, i, j, out);
        }
    }
}

static void print_definitions(FILE *out)
{
    fputs("\n"
          "Accuracies are those of the validation set; the verdict uses those after the "
          "last epoch. Batch sizes are compared by\n"
          "Student's t test on the seeds that both have (paired), or by Welch's test if "
          "they share fewer than two. p values are\n"
          "adjusted over all pairs by Holm's method; intervals are for one mean or pair "
          "each. None of this covers the choice of\n"
          "validation images. Epochs count from 1 (TensorBoard's axis counts from 0); @ep "
          "is the best epoch. The best of all\n"
          "epochs is chosen on the validation set itself, so it is a little too good. "
          "Epochs and seconds to the target are\n"
          "medians over seeds; a seed that never reaches it counts as the slowest. Seconds "
          "per epoch are the training time of the\n"
          "median epoch; those of the whole run include validation. Memory is the engine's "
          "own count.\n",
          out);
}

void comparison_print_details(const comparison *all, const verdict *answer, FILE *out)
{
    print_costs(all, out);
    print_figures_head(out);
    for (size_t i = 0; i < all->count; i++) {
        print_run_figures(all, i, answer->target, out);
    }
    print_noise(answer, out);
    print_pairs(answer, out);
    print_definitions(out);
    print_left_out(all, answer, out);
}
