/* The runs of a sweep that one process trains, and the state of each. */
#ifndef TRAINER_SWEEP_RUNS_H
#define TRAINER_SWEEP_RUNS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine.h"
#include "experiment.h"
#include "job_queue.h"
#include "message.h"
#include "must_check.h"
#include "outcome.h"
#include "run_config.h"
#include "run_directory.h"
#include "sweep_list.h"

typedef enum sweep_run_state {
    SWEEP_RUN_PLANNED,
    SWEEP_RUN_KEPT,    /* it had ended: finished, or diverged */
    SWEEP_RUN_TRAINED, /* to its end here, or to the step where it diverged */
    SWEEP_RUN_STOPPED, /* by a signal */
    SWEEP_RUN_HELD,    /* by another process, which trains it */
    SWEEP_RUN_FAILED
} sweep_run_state;

typedef struct sweep_runs sweep_runs;

typedef struct sweep_run {
    const sweep_runs *all;
    const listed_run *listed;
    run_config config;
    engine_plan plan;
    sweep_run_state state;
    bool diverged;             /* kept or trained */
    bool has_failed;           /* in this process; another one may have trained it since */
    outcome status;            /* of its training; DONE if another process holds it */
    char where[MESSAGE_BYTES]; /* STOPPED: at which step; HELD: who holds it */
} sweep_run;

struct sweep_runs {
    const experiment *data; /* the caller's, as is the list */
    sweep_run *runs;        /* [count], as listed; owned */
    size_t count;           /* at least 1 */
    unsigned at_once;       /* runs side by side */
    bool is_shared;         /* with other processes */
    void *context;          /* for the function that is called in a pass; the caller's */
};

/* Configures the listed runs, of which there is at least one. OUTCOME_DONE, or another outcome
 * after one line on stderr with nothing held. Runs point to *out, which must stay where it is. */
MUST_CHECK outcome sweep_runs_make(sweep_runs *out, const experiment *data, const sweep_list *list);

/* Keeps a run that has ended: sets its state to KEPT. */
void sweep_run_keep(sweep_run *run, bool diverged);

/* Like run_directory_judge, for the run's directory. A run that has ended is kept. */
MUST_CHECK run_directory_verdict sweep_run_judge(sweep_run *run, char *message);

/* Trains the run or continues it, and sets its state and what depends on it. It is HELD if another
 * process has taken it, which is no failure if the runs are shared. */
void sweep_run_train(sweep_run *run);

/* Prints an empty line after what was printed of a run, if runs take turns. */
void sweep_runs_end_block(const sweep_runs *self);

/* Makes one pass over the runs: calls `each` with each of them (a sweep_run), side by side as
 * memory allows, until one returns false or a signal is noted. OUTCOME_FAILED after one line on
 * stderr if threads or memory are short, whatever became of the runs. */
MUST_CHECK outcome sweep_runs_pass(sweep_runs *self, bool (*each)(void *run));

/* Whether a run with this outcome came to its end, or to the step where it diverged, which ends no
 * sweep. */
bool sweep_run_ended(outcome status);

/* The outcome of the first run that did not come to its end. If all did, OUTCOME_DIVERGED if one
 * diverged, else OUTCOME_DONE. OUTCOME_STOPPED if one was not begun. */
outcome sweep_runs_status(const sweep_runs *self);

/* Prints what became of each run on stderr; if they are shared, of those that did not come to their
 * end here. */
void sweep_runs_tell(const sweep_runs *self);

void sweep_runs_free(sweep_runs *self); /* an empty one is allowed */

#endif
