#include "verdict_words.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "text_line.h"

enum {
    TITLE_WIDTH = 10,
    MOST_NAMED = 3, /* batch sizes in one line */
    MOST_MULTIPLES = 3,
    MOST_SWEPT = 5, /* batch sizes in a command */
    SEEDS_TO_ADVISE = 5
};

/* "16", "16 and 32", "16, 32 and 64"; of many the first ones, and how many there are beside. */
static void append_sizes(text_line *text, const verdict *answer, const size_t *rows, size_t count)
{
    const size_t named = count > MOST_NAMED ? MOST_NAMED - 1 : count;
    for (size_t i = 0; i < named; i++) {
        const char *before = i == 0 ? "" : i + 1 < count ? ", " : " and ";
        text_line_append(text, "%s%u", before, (unsigned)answer->rows[rows[i]].batch_size);
    }
    if (named < count) {
        text_line_append(text, " and %zu more", count - named);
    }
}

static void append_leaders(text_line *text, const verdict *answer, const size_t *rows, size_t count)
{
    text_line_append(text, count > 1 ? "batch sizes " : "batch size ");
    append_sizes(text, answer, rows, count);
    text_line_append(text, count > 1 ? " alike: " : ": ");
}

/* An accuracy as a percentage. */
static void append_percent(text_line *text, double accuracy)
{
    text_line_append(text, "%.4g %%", 100 * accuracy);
}

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

static bool has_diverged(const verdict *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        if (answer->rows[i].diverged > 0) {
            return true;
        }
    }
    return false;
}

static void append_accuracy(text_line *text, const verdict_row *row, bool names_rate)
{
    text_line_append(text, "%.2f %% validated", 100 * row->accuracy.value);
    if (names_rate) {
        text_line_append(text, " at rate %.3g", row->learning_rate);
    }
    if (row->seeds > 1) {
        text_line_append(text, " (%.2f to %.2f over %zu seeds)", 100 * row->accuracy.low,
                         100 * row->accuracy.high, row->seeds);
    }
}

/* Names the rivals of `best`, and how far the nearest is from it. Seeds that only one of the two
 * has may put a rival ahead in those that both have. */
static void append_rivals(text_line *text, const verdict *answer, size_t best, const size_t *rivals,
                          size_t count)
{
    const size_t nearest = verdict_nearest(answer, best, rivals, count);
    const bool is_behind = verdict_pair_of(answer, best, nearest)->accuracy.mean >= 0;
    const difference *apart = is_behind ? &verdict_pair_of(answer, best, nearest)->accuracy
                                        : &verdict_pair_of(answer, nearest, best)->accuracy;
    text_line_append(text, ", but ");
    append_sizes(text, answer, rivals, count);
    text_line_append(text, " cannot be told from it");
    if (!isnan(apart->low)) {
        text_line_append(text, " (%s%.2f points %s, %.2f to %.2f)", count > 1 ? "next: " : "",
                         100 * apart->mean, is_behind ? "behind" : "ahead in their common seeds",
                         100 * apart->low, 100 * apart->high);
    }
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

/* Whether the only leader is better than chance. */
static void append_certainty(text_line *text, const verdict *answer, size_t best, size_t *rows)
{
    const size_t rivals = verdict_rivals(answer, best, rows);
    if (rivals == 0 && !verdict_is_best(answer, best)) {
        text_line_append(text, "; no other has finished without a diverged seed");
    } else if (rivals == 0) {
        text_line_append(text, ", better %s",
                         all_can_lead(answer) ? "than all others beyond chance"
                                              : "beyond chance than all others that finished "
                                                "without a diverged seed");
    } else if (!has_several_seeds(answer)) {
        text_line_append(text, ", but one seed cannot tell");
    } else {
        append_rivals(text, answer, best, rows, rivals);
    }
}

static void print_best(const verdict *answer, size_t *rows, FILE *out)
{
    text_line text = {.length = 0};
    const size_t leaders = verdict_leaders(answer, VERDICT_ACCURACY, rows);
    if (leaders > 0) {
        const size_t best = rows[0];
        append_leaders(&text, answer, rows, leaders);
        append_accuracy(&text, &answer->rows[best], leaders == 1 && verdict_rates_differ(answer));
        if (leaders == 1 && answer->count > 1) {
            append_certainty(&text, answer, best, rows);
        }
    } else {
        text_line_append(&text, "%s",
                         has_figures(answer)
                             ? "none: no batch size has finished without a diverged seed"
                         : has_diverged(answer) ? "none: no run has finished without diverging"
                                                : "none: no run has finished yet");
    }
    text_line_print(&text, "Best", TITLE_WIDTH, out);
}

/* How many of the seeds the fastest leads in. */
static void append_lead(text_line *text, const verdict *answer, size_t fastest)
{
    const verdict_lead lead = verdict_lead_of(answer, VERDICT_EPOCHS, fastest);
    if (lead.common < 2) {
        return;
    }
    if (lead.first == lead.common) {
        text_line_append(text, ", first in all %zu seeds", lead.common);
    } else {
        text_line_append(text, ", first in %zu of %zu seeds", lead.first, lead.common);
    }
}

static void print_fastest(const verdict *answer, size_t *rows, FILE *out)
{
    text_line text = {.length = 0};
    const size_t leaders = verdict_leaders(answer, VERDICT_EPOCHS, rows);
    if (leaders > 0) {
        const verdict_row *first = &answer->rows[rows[0]];
        append_leaders(&text, answer, rows, leaders);
        append_percent(&text, answer->target);
        text_line_append(&text, " after %g epoch%s%s", first->epochs, first->epochs == 1 ? "" : "s",
                         first->seeds > 1 ? " (median)" : "");
        if (leaders == 1) {
            append_lead(&text, answer, rows[0]);
        }
    } else {
        text_line_append(&text, "none: no batch size %sreaches ",
                         has_diverged(answer) ? "without a diverged seed " : "");
        append_percent(&text, answer->target);
        text_line_append(&text, " in most seeds");
    }
    if (answer->target_is == VERDICT_TARGET_COMMON) {
        text_line_append(&text, "; no batch size reaches 99 %%, and all runs reach ");
        append_percent(&text, answer->target);
    }
    text_line_print(&text, "Fastest", TITLE_WIDTH, out);
}

/* Sorts the rows by their seconds, the least first: few. */
static void sort_by_seconds(const verdict *answer, size_t *rows, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const size_t row = rows[i];
        size_t place = i;
        while (place > 0 && answer->rows[rows[place - 1]].seconds > answer->rows[row].seconds) {
            rows[place] = rows[place - 1];
            place--;
        }
        rows[place] = row;
    }
}

/* " (32: 1.4, 16: 2.2 times that)". */
static void append_multiples(text_line *text, const verdict *answer, size_t cheapest, size_t *rows)
{
    const double least = answer->rows[cheapest].seconds;
    size_t count = 0;
    for (size_t i = 0; i < answer->count; i++) {
        const verdict_row *row = &answer->rows[i];
        if (verdict_can_lead(row) && isfinite(row->seconds) && row->seconds > least) {
            rows[count++] = i;
        }
    }
    if (count == 0 || !(least > 0)) {
        return;
    }
    sort_by_seconds(answer, rows, count);
    for (size_t i = 0; i < count && i < MOST_MULTIPLES; i++) {
        const verdict_row *row = &answer->rows[rows[i]];
        text_line_append(text, "%s%u: %.3g", i == 0 ? " (" : ", ", (unsigned)row->batch_size,
                         row->seconds / least);
    }
    text_line_append(text, " times that)");
}

static void print_cheapest(const verdict *answer, size_t *rows, FILE *out)
{
    text_line text = {.length = 0};
    if (verdict_leaders(answer, VERDICT_EPOCHS, rows) == 0) {
        return; /* none is the fastest either, and that is said */
    }
    if (answer->is_foreign) {
        text_line_append(&text,
                         "not compared: the logs do not say on what hardware they were made");
    } else if (!answer->same_hardware) {
        text_line_append(&text,
                         "not compared: other hardware, or another number of runs at a time");
    } else {
        const size_t leaders = verdict_leaders(answer, VERDICT_SECONDS, rows);
        const size_t cheapest = rows[0];
        append_leaders(&text, answer, rows, leaders);
        append_percent(&text, answer->target);
        text_line_append(&text, " after %.3g s of training", answer->rows[cheapest].seconds);
        append_multiples(&text, answer, cheapest, rows);
    }
    text_line_print(&text, "Cheapest", TITLE_WIDTH, out);
}

/* What can tell what one seed cannot. */
static void append_advice(text_line *text, const verdict *answer)
{
    if (answer->is_foreign) {
        text_line_append(text, "one run tells nothing; train each batch size %d times",
                         SEEDS_TO_ADVISE);
        return;
    }
    text_line_append(text, "one seed tells nothing, %d can: ", SEEDS_TO_ADVISE);
    if (answer->count > MOST_SWEPT) {
        text_line_append(text, "the same trainer sweep with --seeds %d", SEEDS_TO_ADVISE);
        return;
    }
    text_line_append(text, "trainer sweep --batch-sizes ");
    for (size_t i = 0; i < answer->count; i++) {
        text_line_append(text, "%s%u", i == 0 ? "" : ",", (unsigned)answer->rows[i].batch_size);
    }
    text_line_append(text, " --epochs %u --seeds %d (on the same data, with the same options)",
                     (unsigned)answer->epochs, SEEDS_TO_ADVISE);
}

/* What so many seeds, or more, tell of the best one and the one that is nearest to it. */
static void append_power(text_line *text, const verdict *answer, size_t best, size_t other,
                         size_t seeds)
{
    const unsigned needed = verdict_seeds_needed(answer, best, other);
    const double points = 100 * verdict_difference_wanted(answer, best, other);
    if (needed == 0) {
        text_line_append(text, "; how many it takes cannot be told from so few");
    } else if (needed > DIFFERENCE_MOST_SEEDS) {
        text_line_append(text, "; more than %d are needed to show a difference of %.2f points",
                         DIFFERENCE_MOST_SEEDS, points);
    } else if (needed > seeds) {
        text_line_append(
            text, "; %u would show a difference of %.2f points in 80 %% of cases%s", needed, points,
            verdict_has_rate(answer, VERDICT_RATE_CONFIRMED) ? "; as many again choose the rates"
                                                             : "");
    } else {
        text_line_append(text, ", enough to show a difference of %.2f points in 80 %% of cases",
                         points);
    }
}

static void print_certainty(const verdict *answer, size_t *rows, FILE *out)
{
    text_line text = {.length = 0};
    if (answer->count < 2) {
        return;
    }
    (void)verdict_leaders(answer, VERDICT_ACCURACY, rows); /* there is one */
    const size_t best = rows[0];
    const size_t rivals = verdict_rivals(answer, best, rows);
    if (rivals == 0 && !verdict_is_best(answer, best)) {
        return; /* it is alone, and that is said */
    }
    const size_t seeds = fewest_seeds(answer, best);
    if (seeds > 1) {
        text_line_append(&text, "%zu seeds", seeds);
        if (rivals > 0) {
            append_power(&text, answer, best, verdict_nearest(answer, best, rows, rivals), seeds);
        } else {
            text_line_append(&text, "; each of these differences has p < 0.05 (Holm)");
        }
    } else {
        append_advice(&text, answer);
    }
    text_line_print(&text, "How sure", TITLE_WIDTH, out);
}

static void print_left_out(const verdict *answer, FILE *out)
{
    text_line text = {.length = 0};
    size_t runs = 0;
    for (family_place place = 0; place < FAMILY_PLACES; place++) {
        runs += answer->left_out[place];
    }
    if (runs == 0) {
        return;
    }
    text_line_append(&text, "%zu run%s: ", runs, runs == 1 ? "" : "s");
    const char *before = "";
    for (family_place place = 0; place < FAMILY_PLACES; place++) {
        if (answer->left_out[place] > 0) {
            text_line_append(&text, "%s%s (%zu)", before, family_place_reason(place),
                             answer->left_out[place]);
            before = ", ";
        }
    }
    text_line_append(&text, "; --details lists them");
    text_line_print(&text, "Left out", TITLE_WIDTH, out);
}

void verdict_words_print(const verdict *answer, size_t *rows, FILE *out)
{
    print_left_out(answer, out);
    print_best(answer, rows, out);
    if (verdict_leaders(answer, VERDICT_ACCURACY, rows) > 0) {
        print_fastest(answer, rows, out);
        print_cheapest(answer, rows, out);
        print_certainty(answer, rows, out);
    }
}
