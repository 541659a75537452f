#include "verdict_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "student_t.h"

/* Runs of one batch size, or of one batch size and learning rate, by rate and then by seed. */
typedef struct run_list {
    const compared_run **runs;
    size_t count;
} run_list;

/* To choose among rates and to confirm the choice takes two seeds each. */
enum { SEEDS_TO_CONFIRM = 4 };

static const run_config *config_at(run_list list, size_t i)
{
    return &list.runs[i]->record.config;
}

/* The runs at the front of the list that have its first one's batch size and, with `by_rate`, its
 * learning rate. */
static run_list front_of(run_list list, bool by_rate)
{
    size_t count = 0;
    while (
        count < list.count &&
        config_at(list, count)->batch_size == config_at(list, 0)->batch_size &&
        (!by_rate || config_at(list, count)->learning_rate == config_at(list, 0)->learning_rate)) {
        count++;
    }
    return (run_list){list.runs, count};
}

static run_list rest_of(run_list list, run_list front)
{
    return (run_list){list.runs + front.count, list.count - front.count};
}

static int compare_seeds(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left;
    const uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* The first seed of the upper half of all seeds of the runs that count, into *split. 1; 0 if they
 * are too few to be split; -1 without memory. */
static int split_seeds(run_list list, uint64_t *split)
{
    uint64_t *seeds = malloc((list.count + 1) * sizeof *seeds);
    size_t count = 0;
    size_t different = 0;
    if (seeds == NULL) {
        return -1;
    }
    for (size_t i = 0; i < list.count; i++) {
        if (compared_run_counts(list.runs[i])) {
            seeds[count++] = config_at(list, i)->seed;
        }
    }
    qsort(seeds, count, sizeof *seeds, compare_seeds);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || seeds[i] != seeds[different - 1]) {
            seeds[different++] = seeds[i];
        }
    }
    const bool is_split = different >= SEEDS_TO_CONFIRM;
    *split = is_split ? seeds[different / 2] : 0;
    free(seeds);
    return is_split;
}

static double final_accuracy(const compared_run *run)
{
    return run->val_accuracy.final;
}

static double best_accuracy(const compared_run *run)
{
    return run->val_accuracy.best;
}

/* The mean of those figures that are numbers. They are accuracies. Seeds that happen to agree in
 * every image do not prove that all would: the variance is that of rounding to an image at least
 * (difference.h). */
static verdict_mean mean_of(const compared_run *const *runs, size_t count,
                            double (*figure)(const compared_run *))
{
    verdict_mean out = {NAN, NAN, NAN, NAN};
    double sum = 0;
    double squares = 0;
    size_t numbers = 0;
    for (size_t i = 0; i < count; i++) {
        if (isfinite(figure(runs[i]))) {
            sum += figure(runs[i]);
            numbers++;
        }
    }
    if (numbers == 0) {
        return out;
    }
    out.value = sum / (double)numbers;
    for (size_t i = 0; i < count; i++) {
        if (isfinite(figure(runs[i]))) {
            squares += pow(figure(runs[i]) - out.value, 2);
        }
    }
    if (numbers > 1) {
        const double freedom = (double)numbers - 1;
        const double grain = compared_run_grain(runs[0]);
        const double variance = fmax(squares / freedom, grain * grain / 12);
        out.error = sqrt(variance / (double)numbers);
        const double reach = out.error * student_t_bound(VERDICT_LEVEL, freedom);
        out.low = fmax(out.value - reach, 0);
        out.high = fmin(out.value + reach, 1);
    }
    return out;
}

/* Appends to the row those of its runs that count and whose seed is at least `from`, and counts the
 * others. */
static void take_runs(verdict_row *row, run_list list, uint64_t from)
{
    for (size_t i = 0; i < list.count; i++) {
        const compared_run *run = list.runs[i];
        row->diverged += run->record.state == RUN_DIVERGED;
        row->unfinished += run->record.state != RUN_DIVERGED && !compared_run_counts(run);
        if (!compared_run_counts(run)) {
            continue;
        }
        if (run->record.config.seed >= from) {
            row->runs[row->seeds++] = run;
        } else {
            row->choosing++;
        }
    }
}

/* The mean accuracy of one rate's runs with seeds below `split`. -1, less than any mean, if a seed
 * diverged, if there is no such run, or if no run with another seed is left to confirm the
 * choice. */
static double rate_score(run_list list, uint64_t split)
{
    double sum = 0;
    size_t below = 0;
    size_t others = 0;
    for (size_t i = 0; i < list.count; i++) {
        if (list.runs[i]->record.state == RUN_DIVERGED) {
            return -1;
        }
        if (!compared_run_counts(list.runs[i])) {
            continue;
        }
        if (config_at(list, i)->seed < split) {
            sum += final_accuracy(list.runs[i]);
            below++;
        } else {
            others++;
        }
    }
    return below > 0 && (others > 0 || split == UINT64_MAX) ? sum / (double)below : -1;
}

/* The rate with the best score, into *best; of equals the first. Returns its score. */
static double best_rate(run_list list, uint64_t split, run_list *best)
{
    double best_score = -INFINITY;
    while (list.count > 0) {
        const run_list rate = front_of(list, true);
        const double score = rate_score(rate, split);
        if (score > best_score) {
            *best = rate;
            best_score = score;
        }
        list = rest_of(list, rate);
    }
    return best_score;
}

/* What does not depend on a target. */
static void summarize(verdict_row *row)
{
    row->accuracy = mean_of(row->runs, row->seeds, final_accuracy);
    row->best_accuracy = mean_of(row->runs, row->seeds, best_accuracy);
    for (size_t i = 0; i < row->seeds; i++) {
        const uint64_t bytes = row->runs[i]->record.memory.total;
        row->memory = bytes > row->memory ? bytes : row->memory;
    }
}

/* Chooses one of the batch size's rates on the seeds below *split, so that the others confirm the
 * choice. If that is impossible, on all seeds; *split is then 0. -1 without memory. */
static int choose_rate(verdict_row *row, run_list list, run_list *rate, uint64_t *split)
{
    const int is_split = split_seeds(list, split);
    if (is_split < 0) {
        return -1;
    }
    if (is_split && best_rate(list, *split, rate) >= 0) {
        row->rate = VERDICT_RATE_CONFIRMED;
        return 0;
    }
    *split = 0;
    row->rate = VERDICT_RATE_CHOSEN;
    (void)best_rate(list, UINT64_MAX, rate);
    return 0;
}

/* `list` is the runs of one batch size. -1 without memory. */
static int make_row(verdict_row *row, run_list list)
{
    uint64_t split = 0;
    run_list rate = front_of(list, true);
    if (rate.count < list.count && choose_rate(row, list, &rate, &split) != 0) {
        return -1;
    }
    row->batch_size = config_at(rate, 0)->batch_size;
    row->learning_rate = config_at(rate, 0)->learning_rate;
    row->other_rates = list.count - rate.count;
    take_runs(row, rate, split);
    summarize(row);
    return 0;
}

static size_t count_batch_sizes(run_list list)
{
    size_t count = 0;
    while (list.count > 0) {
        list = rest_of(list, front_of(list, false));
        count++;
    }
    return count;
}

static int make_rows(verdict_rows *self, run_list members)
{
    size_t used = 0; /* of self->runs */
    self->rows = calloc(count_batch_sizes(members) + 1, sizeof *self->rows);
    self->runs = calloc(members.count + 1, sizeof *self->runs);
    if (self->rows == NULL || self->runs == NULL) {
        return -1;
    }
    while (members.count > 0) {
        const run_list batch_size = front_of(members, false);
        verdict_row *row = &self->rows[self->count++];
        row->runs = self->runs + used;
        if (make_row(row, batch_size) != 0) {
            return -1;
        }
        used += row->seeds;
        members = rest_of(members, batch_size);
    }
    return 0;
}

int verdict_rows_make(verdict_rows *out, const comparison *all, const family_place *places)
{
    *out = (verdict_rows){0};
    run_list members = {.runs = malloc((all->count + 1) * sizeof *members.runs)};
    if (members.runs == NULL) {
        return -1;
    }
    for (size_t i = 0; i < all->count; i++) {
        if (places[i] == FAMILY_MEMBER) {
            members.runs[members.count++] = &all->runs[i];
        }
    }
    const int status = make_rows(out, members);
    free(members.runs);
    return status;
}

size_t verdict_rows_most_seeds(const verdict_row *rows, size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        most = rows[i].seeds > most ? rows[i].seeds : most;
    }
    return most;
}
