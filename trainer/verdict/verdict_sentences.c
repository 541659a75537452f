#include "verdict_sentences.h"

#include <math.h>

enum {
    MOST_NAMED = 3,    /* batch sizes in a sentence */
    MOST_MULTIPLES = 3 /* how much more others cost */
};

void sentence_append_sizes(text_line *text, const sentence_source *from, const size_t *rows,
                           size_t count, bool has_rates)
{
    const size_t most_of_many = from->length == SENTENCE_SHORT ? 1 : MOST_NAMED - 1;
    const size_t named = count > MOST_NAMED ? most_of_many : count;
    for (size_t i = 0; i < named; i++) {
        const verdict_row *row = &from->answer->rows[rows[i]];
        const char *before = i == 0 ? "" : i + 1 < count ? ", " : " and ";
        text_line_append(text, "%s%u", before, (unsigned)row->batch_size);
        if (has_rates) {
            text_line_append(text, " (rate %.3g)", row->learning_rate);
        }
    }
    if (named < count) {
        text_line_append(text, " and %zu other sizes", count - named);
    }
}

void sentence_append_leaders(text_line *text, const sentence_source *from, size_t count)
{
    const bool is_short = from->length == SENTENCE_SHORT && count > 1;
    text_line_append(text, "%s", is_short ? "" : count > 1 ? "batch sizes " : "batch size ");
    sentence_append_sizes(text, from, from->rows, count, false);
    text_line_append(text, count > 1 ? " alike: " : ": ");
}

bool sentence_has_best(const sentence_source *from)
{
    return verdict_leaders(from->answer, VERDICT_ACCURACY, from->rows) > 0;
}

bool sentence_has_diverged(const verdict *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        if (answer->rows[i].diverged > 0) {
            return true;
        }
    }
    return false;
}

/* "other data (3)", after a separator. */
static void append_reason(text_line *text, size_t *reasons, const char *reason, size_t runs)
{
    if (runs > 0) {
        text_line_append(text, "%s%s (%zu)", *reasons > 0 ? ", " : ": ", reason, runs);
        (*reasons)++;
    }
}

void sentence_left_out(text_line *text, const sentence_source *from)
{
    const verdict *answer = from->answer;
    size_t other_rates = 0;
    size_t choosing = 0;
    size_t reasons = 0;
    for (size_t i = 0; i < answer->count; i++) {
        other_rates += answer->rows[i].other_rates;
        choosing += answer->rows[i].choosing;
    }
    size_t runs = other_rates + choosing;
    for (family_place place = 0; place < FAMILY_PLACES; place++) {
        runs += answer->left_out[place];
    }
    if (runs == 0) {
        return;
    }
    text_line_append(text, "%zu run%s", runs, runs == 1 ? "" : "s");
    if (from->length == SENTENCE_SHORT) {
        text_line_append(text, "; --details says why");
        return;
    }
    for (family_place place = 0; place < FAMILY_PLACES; place++) {
        append_reason(text, &reasons, family_place_reason(place), answer->left_out[place]);
    }
    append_reason(text, &reasons, "other learning rates", other_rates);
    append_reason(text, &reasons, "used to choose the rates", choosing);
    if (from->length == SENTENCE_LONG) {
        text_line_append(text, "; --details lists them");
    }
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

/* "3 epochs (median) to 96.34 %", and what that percentage is if it is not one of the usual. */
static void append_epochs(text_line *text, const sentence_source *from, const verdict_row *row)
{
    const verdict *answer = from->answer;
    const bool names_median = row->seeds > 1 && from->length > SENTENCE_SHORT;
    text_line_append(text, "%g epoch%s%s to %.4g %%", row->epochs, row->epochs == 1 ? "" : "s",
                     names_median ? " (median)" : "", 100 * answer->target);
    if (answer->target_is == VERDICT_TARGET_COMMON) {
        text_line_append(text, from->length == SENTENCE_LONG ? ", the highest that all runs reach"
                                                             : ", which all reach");
    }
}

void sentence_fastest(text_line *text, const sentence_source *from)
{
    const verdict *answer = from->answer;
    if (!sentence_has_best(from)) {
        return;
    }
    const size_t leaders = verdict_leaders(answer, VERDICT_EPOCHS, from->rows);
    if (leaders == 0) {
        text_line_append(text, "none%s reaches %.4g %% in most seeds",
                         sentence_has_diverged(answer) ? " without a diverged seed" : "",
                         100 * answer->target);
        return;
    }
    sentence_append_leaders(text, from, leaders);
    append_epochs(text, from, &answer->rows[from->rows[0]]);
    if (leaders == 1 && from->length > SENTENCE_SHORT) {
        append_lead(text, answer, from->rows[0]);
    }
}

/* Sorts the rows, which are few, by their seconds, the least first. */
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

/* Those that can be cheapest and are not, into rows[answer->count], the cheaper first. */
static size_t find_dearer(const verdict *answer, double least, size_t *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < answer->count; i++) {
        const verdict_row *row = &answer->rows[i];
        if (verdict_can_lead(row) && isfinite(row->seconds) && row->seconds > least) {
            rows[count++] = i;
        }
    }
    sort_by_seconds(answer, rows, count);
    return count;
}

/* "32: 1.4", or "32: as much" if three digits show no difference. */
static void append_multiple(text_line *text, const verdict_row *row, double least)
{
    const double multiple = row->seconds / least;
    text_line_append(text, "%u: ", (unsigned)row->batch_size);
    if (multiple < 1.005) {
        text_line_append(text, "as much");
    } else {
        text_line_append(text, "%.3g times", multiple);
    }
}

/* " (32: 1.4 times, 16: 2.2 times)"; a short sentence has only the dearest. */
static void append_multiples(text_line *text, const sentence_source *from, double least)
{
    const size_t dearer = least > 0 ? find_dearer(from->answer, least, from->rows) : 0;
    if (dearer == 0) {
        return;
    }
    const size_t shown = dearer > MOST_MULTIPLES ? MOST_MULTIPLES : dearer;
    const size_t first = from->length == SENTENCE_SHORT ? dearer - 1 : 0;
    const size_t end = from->length == SENTENCE_SHORT ? dearer : shown;
    for (size_t i = first; i < end; i++) {
        text_line_append(text, i == first ? " (" : ", ");
        append_multiple(text, &from->answer->rows[from->rows[i]], least);
    }
    text_line_append(text, ")");
}

void sentence_cheapest(text_line *text, const sentence_source *from)
{
    const verdict *answer = from->answer;
    if (verdict_leaders(answer, VERDICT_EPOCHS, from->rows) == 0) {
        return;
    }
    if (answer->is_foreign) {
        text_line_append(text, "not compared: the logs do not say on what hardware they were made");
        return;
    }
    if (!answer->same_hardware) {
        text_line_append(text, "not compared: other hardware, or another number of runs at a time");
        return;
    }
    const size_t leaders = verdict_leaders(answer, VERDICT_SECONDS, from->rows);
    const double least = answer->rows[from->rows[0]].seconds;
    sentence_append_leaders(text, from, leaders);
    text_line_append(text, "%.3g s%s to %.4g %%", least,
                     from->length == SENTENCE_LONG ? " of training" : "", 100 * answer->target);
    append_multiples(text, from, least);
}
