#include "verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "median.h"

static const double usual_target = 0.99;
static const double least_difference = 0.001; /* to plan seeds for */

/* One run's answer. */
static double answer_of(const verdict *self, verdict_question question, const compared_run *run)
{
    switch (question) {
    case VERDICT_ACCURACY:
        return run->val_accuracy.final;
    case VERDICT_EPOCHS:
        return compared_run_epochs_to(run, self->target);
    case VERDICT_SECONDS:
        return compared_run_seconds_to(run, self->target);
    }
    return NAN;
}

/* `values` has room for the row's seeds. */
static void find_target(const verdict *self, verdict_row *row, double *values)
{
    row->reached = 0;
    for (size_t i = 0; i < row->seeds; i++) {
        values[i] = answer_of(self, VERDICT_EPOCHS, row->runs[i]);
        row->reached += isfinite(values[i]) ? 1 : 0;
    }
    row->epochs = median(values, row->seeds);
    for (size_t i = 0; i < row->seeds; i++) {
        values[i] = answer_of(self, VERDICT_SECONDS, row->runs[i]);
    }
    row->seconds = median(values, row->seeds);
    for (size_t i = 0; i < row->seeds; i++) {
        values[i] = row->runs[i]->seconds_per_epoch;
    }
    row->seconds_per_epoch = median(values, row->seeds);
}

/* Sets the target, and what follows from it. Returns whether a batch size reaches it. */
static bool set_target(verdict *self, double target, double *values)
{
    bool is_reached = false;
    self->target = target;
    for (size_t i = 0; i < self->count; i++) {
        find_target(self, &self->rows[i], values);
        is_reached = is_reached || isfinite(self->rows[i].epochs);
    }
    return is_reached;
}

/* The highest accuracy that every run reaches in some epoch; infinite without a run. */
static double common_accuracy(const verdict *self)
{
    double common = INFINITY;
    for (size_t i = 0; i < self->count; i++) {
        for (size_t j = 0; j < self->rows[i].seeds; j++) {
            common = fmin(common, self->rows[i].runs[j]->val_accuracy.best);
        }
    }
    return common;
}

/* The usual one if a batch size reaches it, else the one that all runs reach. */
static void choose_target(verdict *self, double *values)
{
    const double common = common_accuracy(self);
    self->target_is = VERDICT_TARGET_USUAL;
    if (!set_target(self, usual_target, values) && isfinite(common)) {
        (void)set_target(self, common, values);
        self->target_is = VERDICT_TARGET_COMMON;
    }
}

static bool share_hardware(const verdict *self)
{
    const run_record *first = NULL;
    for (size_t i = 0; i < self->count; i++) {
        for (size_t j = 0; j < self->rows[i].seeds; j++) {
            const run_record *record = &self->rows[i].runs[j]->record;
            first = first == NULL ? record : first;
            if (record->runs_at_once != first->runs_at_once ||
                strcmp(record->hardware, first->hardware) != 0) {
                return false;
            }
        }
    }
    return first != NULL && first->hardware[0] != '\0';
}

/* Sets the target from verdict_make's argument, and what follows from it. -1 without memory. */
static int find_targets(verdict *self, double target)
{
    double *values =
        malloc((verdict_rows_most_seeds(self->rows, self->count) + 1) * sizeof *values);
    if (values == NULL) {
        return -1;
    }
    if (target == 0) {
        choose_target(self, values);
    } else {
        (void)set_target(self, target, values);
    }
    free(values);
    return 0;
}

/* Sets what all members of the family share, and how many runs are not members. */
static void describe_family(verdict *self, const comparison *all)
{
    for (size_t i = 0; i < all->count; i++) {
        if (self->places[i] == FAMILY_MEMBER) {
            self->is_foreign = all->runs[i].is_foreign;
        } else {
            self->left_out[self->places[i]]++;
        }
    }
}

static int take_rows(verdict *self, const comparison *all)
{
    verdict_rows made;
    const int status = verdict_rows_make(&made, all, self->places);
    self->rows = made.rows;
    self->runs = made.runs;
    self->count = made.count;
    return status;
}

int verdict_make(verdict *out, const comparison *all, double target)
{
    *out = (verdict){.places = calloc(all->count + 1, sizeof *out->places)};
    if (out->places == NULL || family_choose(all, out->places) != 0 || take_rows(out, all) != 0 ||
        find_targets(out, target) != 0 ||
        verdict_pairs_make(&out->pairs, out->rows, out->count) != 0) {
        verdict_free(out);
        return -1;
    }
    out->same_hardware = share_hardware(out);
    describe_family(out, all);
    return 0;
}

void verdict_free(verdict *self)
{
    free(self->places);
    free(self->rows);
    free(self->pairs);
    free(self->runs);
    *self = (verdict){0};
}

static double value_of(const verdict_row *row, verdict_question question)
{
    switch (question) {
    case VERDICT_ACCURACY:
        return row->accuracy.value;
    case VERDICT_EPOCHS:
        return row->epochs;
    case VERDICT_SECONDS:
        return row->seconds;
    }
    return NAN;
}

static bool is_ahead(verdict_question question, double left, double right)
{
    return question == VERDICT_ACCURACY ? left > right : left < right;
}

size_t verdict_leaders(const verdict *self, verdict_question question, size_t *leaders)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        const verdict_row *row = &self->rows[i];
        const double value = value_of(row, question);
        if (!verdict_can_lead(row) || !isfinite(value)) {
            continue;
        }
        const double best = count > 0 ? value_of(&self->rows[leaders[0]], question) : value;
        if (is_ahead(question, value, best)) {
            count = 0;
        }
        if (count == 0 || value == best) {
            leaders[count++] = i;
        }
    }
    return count;
}

const verdict_pair *verdict_pair_of(const verdict *self, size_t left, size_t right)
{
    return &self->pairs[left * self->count + right];
}

bool verdict_is_better(const verdict *self, size_t left, size_t right)
{
    const verdict_pair *pair = verdict_pair_of(self, left, right);
    return pair->p < VERDICT_LEVEL && pair->accuracy.mean > 0;
}

bool verdict_has_rate(const verdict *self, verdict_rate rate)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->rows[i].rate == rate) {
            return true;
        }
    }
    return false;
}

bool verdict_rates_differ(const verdict *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->rows[i].learning_rate != self->rows[0].learning_rate) {
            return true;
        }
    }
    return false;
}

bool verdict_can_lead(const verdict_row *row)
{
    return row->seeds > 0 && row->diverged == 0;
}

size_t verdict_rivals(const verdict *self, size_t best, size_t *rivals)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        if (i != best && verdict_can_lead(&self->rows[i]) && !verdict_is_better(self, best, i)) {
            rivals[count++] = i;
        }
    }
    return count;
}

bool verdict_is_best(const verdict *self, size_t row)
{
    size_t others = 0;
    for (size_t i = 0; i < self->count; i++) {
        if (i != row && verdict_can_lead(&self->rows[i])) {
            others++;
            if (!verdict_is_better(self, row, i)) {
                return false;
            }
        }
    }
    return others > 0;
}

size_t verdict_nearest(const verdict *self, size_t best, const size_t *rows, size_t count)
{
    size_t found = rows[0];
    for (size_t i = 1; i < count; i++) {
        if (fabs(verdict_pair_of(self, best, rows[i])->accuracy.mean) <
            fabs(verdict_pair_of(self, best, found)->accuracy.mean)) {
            found = rows[i];
        }
    }
    return found;
}

/* The run of this seed; NULL if there is none. Runs are sorted by seed. */
static const compared_run *run_of_seed(const verdict_row *row, uint64_t seed)
{
    size_t low = 0;
    size_t high = row->seeds;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (row->runs[middle]->record.config.seed < seed) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < row->seeds && row->runs[low]->record.config.seed == seed ? row->runs[low] : NULL;
}

verdict_lead verdict_lead_of(const verdict *self, verdict_question question, size_t row)
{
    verdict_lead lead = {0, 0};
    const verdict_row *leader = &self->rows[row];
    for (size_t i = 0; i < leader->seeds; i++) {
        const double own = answer_of(self, question, leader->runs[i]);
        const uint64_t seed = leader->runs[i]->record.config.seed;
        size_t others = 0;
        size_t present = 0; /* of the others' runs with this seed */
        size_t beaten = 0;
        for (size_t j = 0; j < self->count; j++) {
            if (j != row && verdict_can_lead(&self->rows[j])) {
                const compared_run *run = run_of_seed(&self->rows[j], seed);
                others++;
                present += run != NULL;
                beaten += run != NULL && is_ahead(question, own, answer_of(self, question, run));
            }
        }
        lead.common += others > 0 && present == others;
        lead.first += others > 0 && beaten == others;
    }
    return lead;
}

double verdict_difference_wanted(const verdict *self, size_t left, size_t right)
{
    return fmax(fabs(verdict_pair_of(self, left, right)->accuracy.mean), least_difference);
}

unsigned verdict_seeds_needed(const verdict *self, size_t left, size_t right)
{
    const double spread = verdict_pair_of(self, left, right)->accuracy.spread;
    const double pairs = (double)self->count * (double)(self->count - 1) / 2;
    if (isnan(spread)) {
        return 0;
    }
    return difference_seeds_needed(verdict_difference_wanted(self, left, right), spread,
                                   VERDICT_LEVEL / pairs);
}
