/* The tutorial's question, part by part: who wins, and is the lead more than chance? */
#include <math.h>

#include "comparison.h"

/* A run's value for a question with its range; NaN where it has none. */
typedef struct measure {
    double value;
    double low;
    double high;
} measure;

/* Epochs as the unit of a question about reaching the target; a range that never ends is
 * infinite. */
static double in_unit(const compared_run *run, comparison_question question, uint32_t epoch)
{
    if (epoch == 0) {
        return INFINITY;
    }
    switch (question) {
    case COMPARISON_FEWEST_SAMPLES:
        return (double)epoch * run->record.config.training_samples;
    case COMPARISON_FEWEST_SECONDS:
        return comparison_seconds_to(run, epoch);
    default:
        return epoch;
    }
}

static measure measure_run(const compared_run *run, comparison_question question)
{
    measure result = {NAN, NAN, NAN};
    if (run->record.state != RUN_FINISHED || run->epochs == 0) {
        return result;
    }
    switch (question) {
    case COMPARISON_FEWEST_EPOCHS:
    case COMPARISON_FEWEST_SAMPLES:
    case COMPARISON_FEWEST_SECONDS:
        if (run->target_epoch != 0) {
            result.value = in_unit(run, question, run->target_epoch);
            result.low = in_unit(run, question, run->target_epoch_earliest);
            result.high = in_unit(run, question, run->target_epoch_latest);
        }
        break;
    case COMPARISON_FIRST_LOSS:
        result.value = run->curves.points[0].loss;
        result.low = result.high = result.value; /* one number has no spread of its own */
        break;
    case COMPARISON_FINAL_ACCURACY:
        result.value = run->val_accuracy.final;
        result.low = result.value - run->final_error;
        result.high = result.value + run->final_error;
        break;
    case COMPARISON_BEST_ACCURACY:
        result.value = run->val_accuracy.best;
        result.low = result.value - run->best_error;
        result.high = result.value + run->best_error;
        break;
    case COMPARISON_QUESTIONS:
        break;
    }
    return result;
}

static bool is_accuracy(comparison_question question)
{
    return question == COMPARISON_FINAL_ACCURACY || question == COMPARISON_BEST_ACCURACY;
}

static bool is_tie(comparison_question question, measure winner, measure next)
{
    if (is_accuracy(question)) {
        const double error = hypot(winner.high - winner.value, next.high - next.value);
        return winner.value - next.value <= 2 * error;
    }
    return winner.high >= next.low;
}

comparison_answer comparison_ask(const comparison *self, comparison_question question)
{
    comparison_answer answer = {0};
    measure winner = {NAN, NAN, NAN};
    measure next = {NAN, NAN, NAN};
    for (size_t i = 0; i < self->count; i++) {
        const measure candidate = measure_run(&self->runs[i], question);
        const double sign = is_accuracy(question) ? -1 : 1;
        if (!isfinite(candidate.value)) {
            continue;
        }
        if (answer.winner == NULL || sign * candidate.value < sign * winner.value) {
            answer.next = answer.winner;
            next = winner;
            answer.winner = &self->runs[i];
            winner = candidate;
        } else if (answer.next == NULL || sign * candidate.value < sign * next.value) {
            answer.next = &self->runs[i];
            next = candidate;
        }
    }
    answer.winner_value = winner.value;
    answer.next_value = next.value;
    answer.tie = answer.next != NULL && is_tie(question, winner, next);
    return answer;
}
