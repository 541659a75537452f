/* Prints the progress of runs, from their files: one line per run, or JSON. */
#ifndef TRAINER_STATUS_PRINT_H
#define TRAINER_STATUS_PRINT_H

#include <stddef.h>
#include <stdio.h>

#include "comparison.h"
#include "must_check.h"

/* Orders runs that are trained now first, then interrupted, diverged and finished ones; those of
 * one state stay in the order that they have. */
void status_sort(comparison *all);

/* Prints a line that counts the runs, then one line per run. If there are more than `most` lines,
 * the last one counts the runs that are not shown. */
void status_print_table(const comparison *all, size_t most, FILE *out);

/* {"runs": [{"name", "state", "host", "process", "epochs", "epochs_planned", "seconds_per_epoch",
 * "seconds_left"}]}: what is not known is null. seconds_per_epoch is the mean over the epochs,
 * training and validation together. seconds_left is that mean times the epochs to come; 0 for a run
 * that has ended. -1 without memory. */
MUST_CHECK int status_print_json(const comparison *all, FILE *out);

#endif
