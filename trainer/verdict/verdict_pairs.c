#include "verdict_pairs.h"

#include <stdlib.h>

/* Accuracies of two rows, [seeds] each. */
typedef struct two_samples {
    double *left;
    double *right;
} two_samples;

/* Stores the accuracies of the seeds that both rows have. Rows are sorted by seed. Returns their
 * number. */
static size_t take_common(const verdict_row *left, const verdict_row *right,
                          const two_samples *room)
{
    size_t common = 0;
    for (size_t i = 0, j = 0; i < left->seeds && j < right->seeds;) {
        const compared_run *one = left->runs[i];
        const compared_run *other = right->runs[j];
        const uint64_t a = one->record.config.seed;
        const uint64_t b = other->record.config.seed;
        if (a == b) {
            room->left[common] = one->val_accuracy.final;
            room->right[common] = other->val_accuracy.final;
            common++;
        }
        i += a <= b;
        j += b <= a;
    }
    return common;
}

static double *accuracies_of(const verdict_row *row, double *out)
{
    for (size_t i = 0; i < row->seeds; i++) {
        out[i] = row->runs[i]->val_accuracy.final;
    }
    return out;
}

static verdict_pair compare_rows(const verdict_row *left, const verdict_row *right,
                                 const two_samples *room)
{
    const double grain = left->seeds > 0 ? compared_run_grain(left->runs[0]) : 0;
    verdict_pair pair;
    pair.common = take_common(left, right, room);
    pair.paired = pair.common >= 2;
    if (pair.paired) {
        pair.accuracy = difference_paired(room->left, room->right, pair.common, grain);
    } else {
        pair.accuracy = difference_unpaired(accuracies_of(left, room->left), left->seeds,
                                            accuracies_of(right, room->right), right->seeds, grain);
    }
    pair.p = pair.accuracy.p;
    return pair;
}

static verdict_pair turned(verdict_pair pair)
{
    const difference there = pair.accuracy;
    pair.accuracy.mean = -there.mean;
    pair.accuracy.low = -there.high;
    pair.accuracy.high = -there.low;
    return pair;
}

/* `p` has room for all pairs, twice. -1 if out of memory. */
static int adjust(verdict_pair *pairs, size_t count, double *p)
{
    const size_t tests = count * (count - (count > 0)) / 2;
    double *adjusted = p + tests;
    size_t next = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            p[next++] = pairs[i * count + j].p;
        }
    }
    if (difference_holm(p, tests, adjusted) != 0) {
        return -1;
    }
    next = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            verdict_pair *pair = &pairs[i * count + j];
            pair->p = adjusted[next++];
            pairs[j * count + i] = turned(*pair);
        }
    }
    return 0;
}

int verdict_pairs_make(verdict_pair **out, const verdict_row *rows, size_t count)
{
    const size_t seeds = verdict_rows_most_seeds(rows, count);
    double *room = calloc(2 * seeds + count * count + 1, sizeof *room);
    verdict_pair *pairs = calloc(count * count + 1, sizeof *pairs);
    *out = NULL;
    if (room == NULL || pairs == NULL) {
        free(room);
        free(pairs);
        return -1;
    }
    const two_samples both = {.left = room, .right = room + seeds};
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            pairs[i * count + j] = compare_rows(&rows[i], &rows[j], &both);
        }
    }
    if (adjust(pairs, count, room) != 0) {
        free(room);
        free(pairs);
        return -1;
    }
    free(room);
    *out = pairs;
    return 0;
}
