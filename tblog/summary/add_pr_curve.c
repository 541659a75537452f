/* Precision-recall curves: floats [6,T], with rows for true positives, false positives, true
 * negatives, false negatives, precision and recall, and one column per threshold. */
#include <math.h>
#include <stdlib.h>

#include "plugin_content.h"
#include "refusal.h"
#include "tensor_event.h"

enum { ROW_COUNT = 6, THRESHOLDS_MAX = 1 << 24 };

static bool is_sound_threshold_count(size_t count)
{
    return admit(count >= 2 && count <= THRESHOLDS_MAX, "threshold count %zu is not in 2..%d",
                 count, THRESHOLDS_MAX);
}

static bool are_sound_counts(const tblog_pr_counts *counts, size_t threshold_count)
{
    if (!admit(counts != NULL, "the counts are NULL") ||
        !is_sound_threshold_count(threshold_count)) {
        return false;
    }
    for (size_t i = 0; i < threshold_count; i++) {
        const double numbers[] = {counts[i].true_positives, counts[i].false_positives,
                                  counts[i].true_negatives, counts[i].false_negatives};
        for (size_t j = 0; j < sizeof numbers / sizeof numbers[0]; j++) {
            if (!isfinite(numbers[j]) || numbers[j] < 0.0) {
                return refuse("a count at threshold %zu is negative or not finite", i);
            }
        }
    }
    return true;
}

/* part / whole; 0 if whole is 0. */
static double share(double part, double whole)
{
    return whole > 0.0 ? part / whole : 0.0;
}

static void fill_rows(float *rows, const tblog_pr_counts *counts, size_t threshold_count)
{
    for (size_t i = 0; i < threshold_count; i++) {
        const tblog_pr_counts *at = &counts[i];
        const double column[ROW_COUNT] = {
            at->true_positives,
            at->false_positives,
            at->true_negatives,
            at->false_negatives,
            share(at->true_positives, at->true_positives + at->false_positives),
            share(at->true_positives, at->true_positives + at->false_negatives)};
        for (size_t row = 0; row < ROW_COUNT; row++) {
            rows[row * threshold_count + i] = (float)column[row];
        }
    }
}

tblog_status tblog_add_pr_curve_counts(tblog_writer *writer, const char *tag, int64_t step,
                                       const tblog_pr_counts *counts, size_t threshold_count)
{
    refusal_begin(writer);
    if (!are_sound_counts(counts, threshold_count)) {
        return TBLOG_INVALID;
    }
    const size_t bytes = ROW_COUNT * threshold_count * sizeof(float);
    float *rows = malloc(bytes);
    byte_buffer content = {0};
    tblog_status status = TBLOG_NO_MEMORY;
    if (rows != NULL && plugin_content_pr_curve(&content, (uint32_t)threshold_count)) {
        fill_rows(rows, counts, threshold_count);
        event_tensor tensor = {.tag = tag,
                               .plugin = TAG_PLUGIN_PR_CURVES,
                               .plugin_content = {.data = content.data, .count = content.size},
                               .type = EVENT_FLOAT,
                               .dims = {ROW_COUNT, (int64_t)threshold_count},
                               .rank = 2,
                               .content = {.data = rows, .count = bytes}};
        status = tensor_event_add(writer, step, &tensor, 1);
    }
    byte_buffer_free(&content);
    free(rows);
    return status;
}

/* Counts the samples whose score reaches each threshold i / (threshold_count - 1). False if a score
 * is not in 0 .. 1. */
static bool count_scores(tblog_pr_counts *counts, size_t threshold_count, const uint8_t *labels,
                         const float *scores, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!(scores[i] >= 0.0f && scores[i] <= 1.0f)) {
            return refuse("score %zu is not in 0..1", i);
        }
        const size_t last = (size_t)((double)scores[i] * (double)(threshold_count - 1));
        if (labels[i] != 0) {
            counts[last].true_positives += 1.0;
        } else {
            counts[last].false_positives += 1.0;
        }
    }
    /* So far each sample counts only at the last threshold that it reaches. */
    for (size_t i = threshold_count - 1; i-- > 0;) {
        counts[i].true_positives += counts[i + 1].true_positives;
        counts[i].false_positives += counts[i + 1].false_positives;
    }
    for (size_t i = 0; i < threshold_count; i++) {
        counts[i].true_negatives = counts[0].false_positives - counts[i].false_positives;
        counts[i].false_negatives = counts[0].true_positives - counts[i].true_positives;
    }
    return true;
}

tblog_status tblog_add_pr_curve(tblog_writer *writer, const char *tag, int64_t step,
                                const uint8_t *labels, const float *scores, size_t count,
                                size_t threshold_count)
{
    refusal_begin(writer);
    if (!admit(labels != NULL && scores != NULL && count > 0,
               "a PR curve needs labels and scores") ||
        !is_sound_threshold_count(threshold_count)) {
        return TBLOG_INVALID;
    }
    tblog_pr_counts *counts = calloc(threshold_count, sizeof *counts);
    if (counts == NULL) {
        return TBLOG_NO_MEMORY;
    }
    tblog_status status = TBLOG_INVALID;
    if (count_scores(counts, threshold_count, labels, scores, count)) {
        status = tblog_add_pr_curve_counts(writer, tag, step, counts, threshold_count);
    }
    free(counts);
    return status;
}
