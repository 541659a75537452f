/* A sweep as a list of its runs. The list depends on the options alone, not on the machine or the
 * files: processes with the same options have the same list. */
#ifndef TRAINER_SWEEP_LIST_H
#define TRAINER_SWEEP_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "must_check.h"
#include "run_options.h"

typedef struct listed_run {
    size_t index; /* in the whole list, from 0 */
    run_choice choice;
    char *directory; /* the list's own */
} listed_run;

typedef struct sweep_list {
    listed_run *runs; /* [count], the list's own; in ascending order of their index */
    size_t count;
    size_t whole_count; /* of the whole sweep */
    uint32_t epochs;    /* of each */
} sweep_list;

/* Lists the runs of the options' task in the order of run_options_choice; they may be none. 0, or
 * -1 with a message [MESSAGE_BYTES] and an empty list. */
MUST_CHECK int sweep_list_make(sweep_list *out, const run_options *options, char *message);

/* A line for each run, after a line of titles. */
void sweep_list_print_table(const sweep_list *list, FILE *out);

/* {"runs": [{"index", "directory", "configuration": {"batch_size", "learning_rate", "seed",
 * "epochs"}}]}: of the configuration what the options alone determine. -1 without memory. */
MUST_CHECK int sweep_list_print_json(const sweep_list *list, FILE *out);

/* Frees what it owns and empties it. */
void sweep_list_free(sweep_list *list);

#endif
