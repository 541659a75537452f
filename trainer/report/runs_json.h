/* Prints lists of runs as JSON. */
#ifndef TRAINER_RUNS_JSON_H
#define TRAINER_RUNS_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "must_check.h"

/* Prints an object with the array `runs`, and a new line. Takes the caller's reference to `runs`,
 * which is NULL without memory. -1 then, and if it cannot be written. */
MUST_CHECK int runs_json_print(json_t *runs, FILE *out);

#endif
