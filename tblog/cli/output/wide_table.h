/* Scalars as a table in CSV: one row for each step of each run, one column per tag. Knows nothing
 * of event files.
 *
 * The first line names all tags, so all points are kept until the table is printed: 24 bytes each,
 * and as much again to sort them. */
#ifndef TBLOG_CLI_WIDE_TABLE_H
#define TBLOG_CLI_WIDE_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tblog/tblog.h"

typedef struct wide_table wide_table;

/* An empty table. NULL without memory. */
TBLOG_MUST_CHECK wide_table *wide_table_new(void);

/* Points that are added now belong to this run, whose name must outlive the table. Each file of a
 * run may begin it again. False without memory. */
TBLOG_MUST_CHECK bool wide_table_begin_run(wide_table *table, const char *run);

/* Adds a point. False without memory. */
TBLOG_MUST_CHECK bool wide_table_add(wide_table *table, const char *tag, int64_t step, float value);

/* Prints the table: columns in order of the tags' first appearance, rows by run, then step. If a
 * tag repeats a step, the last point is printed, as in TensorBoard. Returns how many were left
 * out. */
uint64_t wide_table_print(wide_table *table, FILE *stream);

/* NULL is allowed. */
void wide_table_free(wide_table *table);

#endif
