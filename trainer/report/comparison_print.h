/* Prints a comparison; verdict_words.h prints the verdict. The caller checks `out` for errors. */
#ifndef TRAINER_COMPARISON_PRINT_H
#define TRAINER_COMPARISON_PRINT_H

#include <stdio.h>

#include "comparison.h"
#include "must_check.h"
#include "verdict.h"

/* What the verdict rests on, in 80 columns: a table with a row for each batch size, and notes. */
void comparison_print_table(const comparison *all, const verdict *answer, FILE *out);

/* Its details: two tables with a row for each run, at most 120 columns for usual names, all
 * differences, definitions, and why runs are left out. */
void comparison_print_details(const comparison *all, const verdict *answer, FILE *out);

/* A row a run, for other programs; documented in comparison_csv.c. */
void comparison_print_csv(const comparison *all, const verdict *answer, FILE *out);

/* All of it for programs; documented in comparison_json.c. -1 without memory. */
MUST_CHECK int comparison_print_json(const comparison *all, const verdict *answer, FILE *out);

#endif
