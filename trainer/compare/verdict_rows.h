/* The rows of a verdict: a family's runs by batch size, at one learning rate each. */
#ifndef TRAINER_VERDICT_ROWS_H
#define TRAINER_VERDICT_ROWS_H

#include "must_check.h"
#include "verdict.h"

/* Makes self->rows with all that does not depend on the target, and self->runs, from the runs whose
 * place in self->places is FAMILY_MEMBER. -1 without memory; what was made is then still for
 * verdict_free. */
MUST_CHECK int verdict_rows_make(verdict *self, const comparison *all);

/* The seeds of the row that has most. */
size_t verdict_rows_most_seeds(const verdict *self);

#endif
