/* The pairs of a verdict: each two of its rows compared. */
#ifndef TRAINER_VERDICT_PAIRS_H
#define TRAINER_VERDICT_PAIRS_H

#include "must_check.h"
#include "verdict.h"

/* Makes self->pairs from self->rows. -1 without memory; what was made is then still for
 * verdict_free. */
MUST_CHECK int verdict_pairs_make(verdict *self);

#endif
