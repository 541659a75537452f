/* The pairs of a verdict: each two of its rows compared. */
#ifndef TRAINER_VERDICT_PAIRS_H
#define TRAINER_VERDICT_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "difference.h"
#include "must_check.h"
#include "verdict_rows.h"

typedef struct verdict_pair {
    difference accuracy; /* first row less second row */
    double p;            /* Holm's; NaN if not known */
    size_t common;       /* seeds */
    bool paired;
} verdict_pair;

/* All pairs of rows[count] into *out, [count][count], for free(). -1 without memory; *out is then
 * NULL. */
MUST_CHECK int verdict_pairs_make(verdict_pair **out, const verdict_row *rows, size_t count);

#endif
