/* The end of a sweep: compares its runs and prints the tables, the picture and the verdict. */
#ifndef TRAINER_SWEEP_ANSWER_H
#define TRAINER_SWEEP_ANSWER_H

#include "experiment.h"
#include "must_check.h"
#include "outcome.h"
#include "sweep_list.h"

/* Compares the runs, which have all ended, and prints the answer. OUTCOME_FAILED after one line on
 * stderr. */
MUST_CHECK outcome sweep_answer(const experiment *data, const sweep_list *list);

#endif
