/* The tutorial's question, part by part: who is first, and is the lead more than chance? */
#include <math.h>
#include <stdlib.h>

#include "comparison.h"

static bool is_accuracy(comparison_question question)
{
    return question == COMPARISON_FINAL_ACCURACY || question == COMPARISON_BEST_ACCURACY;
}

/* Is `left` better than `right`? */
static bool is_better(comparison_question question, double left, double right)
{
    return is_accuracy(question) ? left > right : left < right;
}

/* How an answer that is not the best one stands to it. */
static comparison_standing stand(comparison_question question, compared_range best,
                                 compared_range other)
{
    if (isnan(best.high) || isnan(other.low)) {
        return COMPARISON_UNKNOWN;
    }
    if (is_accuracy(question)) {
        const double error = hypot(best.high - best.value, other.high - other.value);
        return best.value - other.value <= 2 * error ? COMPARISON_UNSURE : COMPARISON_BEHIND;
    }
    return best.high >= other.low ? COMPARISON_UNSURE : COMPARISON_BEHIND;
}

static bool answers(const compared_run *run, comparison_question question)
{
    return run->record.state == RUN_FINISHED && run->epochs > 0 &&
           !isnan(run->answers[question].value);
}

/* Inserts behind all that are not worse: runs are few. */
static void insert(comparison_question question, comparison_entry *entries, size_t count,
                   const compared_run *run)
{
    const compared_range answer = run->answers[question];
    size_t place = count;
    while (place > 0 && is_better(question, answer.value, entries[place - 1].answer.value)) {
        entries[place] = entries[place - 1];
        place--;
    }
    entries[place] = (comparison_entry){run, answer, COMPARISON_BEHIND};
}

/* The runs that have an answer and a seed that diverged, or none that did; best first. Returns how
 * many: none unless the best value is finite. */
static size_t gather(const comparison *self, comparison_question question, bool seed_diverged,
                     comparison_entry *entries)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        const compared_run *run = &self->runs[i];
        if (answers(run, question) && comparison_seed_diverged(self, run) == seed_diverged) {
            insert(question, entries, count++, run);
        }
    }
    return count > 0 && isfinite(entries[0].answer.value) ? count : 0;
}

/* Of entries[count], the best first. */
static void set_standings(comparison_question question, comparison_entry *entries, size_t count)
{
    size_t equals = 0; /* entries with the best value */
    while (equals < count && entries[equals].answer.value == entries[0].answer.value) {
        entries[equals++].standing = COMPARISON_EQUAL;
    }
    if (equals == 1) {
        entries[0].standing = COMPARISON_FIRST;
    }
    for (size_t i = equals; i < count; i++) {
        /* The equals may have different ranges: whom one cannot be told apart from counts. */
        for (size_t j = 0; j < equals && entries[i].standing == COMPARISON_BEHIND; j++) {
            entries[i].standing = stand(question, entries[j].answer, entries[i].answer);
        }
    }
}

size_t comparison_ask(const comparison *self, comparison_question question,
                      comparison_entry *entries)
{
    const size_t ranked = gather(self, question, false, entries);
    set_standings(question, entries, ranked);
    const size_t count = ranked + gather(self, question, true, entries + ranked);
    for (size_t i = ranked; i < count; i++) {
        entries[i].standing = COMPARISON_UNRELIABLE;
    }
    return count;
}
