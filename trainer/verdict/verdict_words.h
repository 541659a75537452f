#ifndef TRAINER_VERDICT_WORDS_H
#define TRAINER_VERDICT_WORDS_H

#include <stdio.h>

#include "must_check.h"
#include "verdict.h"

/* Prints the verdict in words: which batch size validates best, which converges fastest, which is
 * cheapest, how sure that is, and before all that which runs are left out. At most six lines of 80
 * columns. -1 without memory. The caller checks `out` for errors. */
MUST_CHECK int verdict_words_print(const verdict *answer, FILE *out);

#endif
