/* The sentences about validation accuracy: which batch size is best, and how sure that is. */
#include <math.h>
#include <stdlib.h>

#include "verdict_sentences.h"

enum { SEEDS_TO_ADVISE = 5, POINTS_BYTES = 32 };

static bool has_several_seeds(const verdict *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        if (verdict_can_lead(&answer->rows[i]) && answer->rows[i].seeds > 1) {
            return true;
        }
    }
    return false;
}

/* The seeds that the comparison of two rows rests on. */
static size_t pair_seeds(const verdict *answer, size_t left, size_t right)
{
    const verdict_pair *pair = verdict_pair_of(answer, left, right);
    const size_t one = answer->rows[left].seeds;
    const size_t other = answer->rows[right].seeds;
    return pair->paired ? pair->common : one < other ? one : other;
}

/* The fewest seeds that a comparison of the best one rests on; its own if it is alone. */
static size_t fewest_seeds(const verdict *answer, size_t best)
{
    size_t fewest = answer->rows[best].seeds;
    for (size_t i = 0; i < answer->count; i++) {
        if (i != best && verdict_can_lead(&answer->rows[i])) {
            const size_t seeds = pair_seeds(answer, best, i);
            fewest = seeds < fewest ? seeds : fewest;
        }
    }
    return fewest;
}

static bool has_figures(const verdict *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        if (answer->rows[i].seeds > 0) {
            return true;
        }
    }
    return false;
}

static bool all_can_lead(const verdict *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        if (!verdict_can_lead(&answer->rows[i])) {
            return false;
        }
    }
    return true;
}

/* A difference in points; one that rounds to nothing has no sign. */
static const char *format_points(char out[POINTS_BYTES], double accuracy)
{
    const double points = 100 * accuracy;
    snprintf(out, POINTS_BYTES, "%.2f", fabs(points) < 0.005 ? 0 : points);
    return out;
}

static void append_accuracy(text_line *text, const sentence_source *from, const verdict_row *row,
                            bool names_rate)
{
    text_line_append(text, "%.2f %% validated", 100 * row->accuracy.value);
    if (names_rate) {
        text_line_append(text, " at rate %.3g", row->learning_rate);
    }
    if (row->seeds < 2) {
        return;
    }
    text_line_append(text, " (%.2f to %.2f", 100 * row->accuracy.low, 100 * row->accuracy.high);
    if (from->length == SENTENCE_LONG) {
        text_line_append(text, " over %zu seeds", row->seeds);
    }
    text_line_append(text, ")");
}

/* How far the nearest rival is from the best one, with the interval. Seeds that only one of the two
 * has may put a rival ahead in those that both have. */
static void append_distance(text_line *text, const verdict *answer, size_t best, size_t rival,
                            const char *which)
{
    char mean[POINTS_BYTES];
    char low[POINTS_BYTES];
    char high[POINTS_BYTES];
    const bool is_behind = verdict_pair_of(answer, best, rival)->accuracy.mean >= 0;
    const difference *apart = is_behind ? &verdict_pair_of(answer, best, rival)->accuracy
                                        : &verdict_pair_of(answer, rival, best)->accuracy;
    if (!isnan(apart->low)) {
        text_line_append(text, " (%s%s points %s, %s to %s)", which,
                         format_points(mean, apart->mean),
                         is_behind ? "behind" : "ahead in their common seeds",
                         format_points(low, apart->low), format_points(high, apart->high));
    }
}

static void append_rivals(text_line *text, const sentence_source *from, size_t best,
                          const size_t *rivals, size_t count)
{
    const verdict *answer = from->answer;
    const bool has_rates = from->length == SENTENCE_LONG && verdict_rates_differ(answer);
    text_line_append(text, ", but ");
    sentence_append_sizes(text, from, rivals, count, has_rates);
    text_line_append(text, " may be as good");
    if (from->length > SENTENCE_SHORT) {
        append_distance(text, answer, best, verdict_nearest(answer, best, rivals, count),
                        count > 1 ? "next: " : "");
    }
}

/* Whether the only leader is better than chance. */
static void append_certainty(text_line *text, const sentence_source *from, size_t best)
{
    const verdict *answer = from->answer;
    const size_t rivals = verdict_rivals(answer, best, from->rows);
    if (rivals == 0 && !verdict_is_best(answer, best)) {
        text_line_append(text, "; no other has finished without a diverged seed");
    } else if (rivals == 0) {
        text_line_append(text, ", better %s",
                         all_can_lead(answer) ? "than all others beyond chance"
                                              : "beyond chance than all that finished without a "
                                                "diverged seed");
    } else if (!has_several_seeds(answer)) {
        text_line_append(text, ", but one seed cannot tell");
    } else {
        append_rivals(text, from, best, from->rows, rivals);
    }
}

void sentence_best(text_line *text, const sentence_source *from)
{
    const verdict *answer = from->answer;
    const size_t leaders = verdict_leaders(answer, VERDICT_ACCURACY, from->rows);
    if (leaders == 0) {
        text_line_append(
            text, "%s",
            has_figures(answer) ? "none: no batch size has finished without a diverged seed"
            : sentence_has_diverged(answer) ? "none: no run has finished without diverging"
                                            : "none: no run has finished yet");
        return;
    }
    const size_t best = from->rows[0];
    sentence_append_leaders(text, from, leaders);
    append_accuracy(text, from, &answer->rows[best], leaders == 1 && verdict_rates_differ(answer));
    if (leaders == 1 && answer->count > 1) {
        append_certainty(text, from, best);
    }
}

/* What to run, since one seed shows no spread. */
static void append_advice(text_line *text, const verdict *answer)
{
    if (answer->is_foreign) {
        text_line_append(text, "one run tells nothing; train each batch size %d times",
                         SEEDS_TO_ADVISE);
    } else {
        text_line_append(text, "one seed tells nothing; run the same trainer sweep with --seeds %d",
                         SEEDS_TO_ADVISE);
    }
}

/* How many seeds would show a difference between the best row and `other`, the nearest. The runs
 * have `seeds`. */
static void append_power(text_line *text, const sentence_source *from, size_t best, size_t other,
                         size_t seeds)
{
    const verdict *answer = from->answer;
    const unsigned needed = verdict_seeds_needed(answer, best, other);
    const char *what = from->length == SENTENCE_LONG ? "a difference of " : "";
    const char *cases = from->length > SENTENCE_SHORT ? " in 80 % of cases" : "";
    char points[POINTS_BYTES];
    format_points(points, verdict_difference_wanted(answer, best, other));
    if (needed == 0) {
        text_line_append(text, "; too few to say how many are needed");
    } else if (needed > DIFFERENCE_MOST_SEEDS) {
        text_line_append(text, "; more than %d are needed to show %s%s points",
                         DIFFERENCE_MOST_SEEDS, what, points);
    } else if (needed <= seeds) {
        text_line_append(text, ", enough to show %s%s points%s", what, points, cases);
    } else if (verdict_has_rate(answer, VERDICT_RATE_CONFIRMED)) {
        text_line_append(text, "; %u, and %u more to choose the rates, would show %s points%s",
                         needed, needed, points, cases);
    } else {
        text_line_append(text, "; %u would show %s%s points%s", needed, what, points, cases);
    }
}

void sentence_certainty(text_line *text, const sentence_source *from)
{
    const verdict *answer = from->answer;
    if (!sentence_has_best(from)) {
        return;
    }
    const size_t best = from->rows[0];
    const size_t rivals = verdict_rivals(answer, best, from->rows);
    if (rivals == 0 && !verdict_is_best(answer, best)) {
        return;
    }
    const size_t seeds = fewest_seeds(answer, best);
    if (seeds < 2) {
        append_advice(text, answer);
        return;
    }
    text_line_append(text, "%zu seeds", seeds);
    if (rivals > 0) {
        append_power(text, from, best, verdict_nearest(answer, best, from->rows, rivals), seeds);
    } else {
        text_line_append(text, "; each of these differences has p < 0.05 (Holm)");
    }
}
