/* Runs side by side: what each reached and what it cost, and the tutorial's question answered.
 * Metrics come from the event files, times and memory from run.json.
 *
 * Epochs are counted from 1 here, as in a run's progress (TensorBoard's axis counts from 0). */
#ifndef TRAINER_COMPARISON_H
#define TRAINER_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "must_check.h"
#include "run_reader.h"
#include "run_record.h"

/* A run has converged when it has this validation accuracy. */
#define COMPARISON_TARGET 0.99

/* The parts of the question. The first three are about reaching COMPARISON_TARGET. */
typedef enum comparison_question {
    COMPARISON_FEWEST_EPOCHS,
    COMPARISON_FEWEST_SAMPLES,
    COMPARISON_FEWEST_SECONDS, /* of training */
    COMPARISON_FIRST_LOSS,     /* lowest training loss of the first epoch */
    COMPARISON_FINAL_ACCURACY, /* validation, after the last epoch */
    COMPARISON_BEST_ACCURACY,  /* validation, of all epochs: picked on the same samples, and so
                                  a little too good */
    COMPARISON_QUESTIONS
} comparison_question;

typedef struct compared_figure {
    double final; /* of the last epoch */
    double best;  /* the lowest loss or highest accuracy of all epochs; NaN if none is a number */
    uint32_t best_epoch; /* the first with it; 0 for none */
} compared_figure;

/* A value and the range that it lies in. NaN as a value: there is none; as low and high: the range
 * is not known. */
typedef struct compared_range {
    double value;
    double low;
    double high; /* may be infinite */
} compared_range;

typedef struct compared_run {
    char name[256]; /* the directory relative to the root */
    run_record record;
    run_curves curves;
    char note[512];  /* "" or what is wrong with the run, in one line */
    uint32_t epochs; /* with figures; without any, nothing below is set but steps_per_epoch */
    uint32_t steps_per_epoch;
    /* Median over the epochs, so that other load on the machine during some of them does not
     * decide, and the fastest and slowest epoch. */
    compared_range seconds_per_epoch; /* training only */
    compared_range validation_seconds_per_epoch;
    double samples_per_second; /* of training, at the median */
    double seconds;            /* training and validation of all epochs, as they were */
    compared_figure loss;
    compared_figure accuracy;
    compared_figure val_loss;
    compared_figure val_accuracy;
    /* What the run has to say to each question:
     * epochs   the first epoch at COMPARISON_TARGET, and were every accuracy one standard error
     *          higher (low) or lower (high); infinite for never, and no answer where low is
     * samples  the same epochs times the training set
     * seconds  the same epochs at the median pace; low at the fastest epoch's pace, high at the
     *          slowest one's, so that what the run really took is in between
     * loss     without a range: a single seed tells no error of it
     * accuracies  one standard error of the sample, sqrt(p (1 - p) / validation samples), to
     *          either side */
    compared_range answers[COMPARISON_QUESTIONS];
} compared_run;

typedef struct comparison {
    compared_run *runs; /* [count], the comparison's own */
    size_t count;
} comparison;

/* Adds the run in `directory`, to be called `name`. 0, or -1 with a message [MESSAGE_BYTES] if
 * there is no readable run.json or no memory; anything wrong with its event files is a note. */
MUST_CHECK int comparison_add(comparison *self, const char *directory, const char *name,
                              char *message);

/* Adds every run at or below `root`. A damaged run.json and a directory that cannot be read are
 * reported on `warnings` and left out. 0, or -1 with a message if root cannot be read or there is
 * no memory. */
MUST_CHECK int comparison_add_below(comparison *self, const char *root, FILE *warnings,
                                    char *message);

/* Largest batch size first, then by name. */
void comparison_sort(comparison *self);

/* How many of the runs diverged. They answer no question. */
size_t comparison_diverged(const comparison *self);

/* Frees what it owns and empties it. */
void comparison_free(comparison *self);

/* Where a run stands in a question. */
typedef enum comparison_standing {
    COMPARISON_FIRST,   /* the best value, and no other run has it */
    COMPARISON_EQUAL,   /* one of several with the best value */
    COMPARISON_UNSURE,  /* cannot be told apart from a run with the best value: ranges of epochs,
                           samples and seconds that touch; accuracies within two standard errors of
                           their difference */
    COMPARISON_UNKNOWN, /* there is no error to judge the difference by */
    COMPARISON_BEHIND,
    COMPARISON_UNRELIABLE /* after all others, whatever its answer: a run that differs in nothing
                             but its seed diverged */
} comparison_standing;

typedef struct comparison_entry {
    const compared_run *run;
    compared_range answer;
    comparison_standing standing;
} comparison_entry;

/* Fills entries[self->count] with the finished runs that have an answer, best first and equals in
 * the comparison's order, and with the unreliable ones after the others; returns how many these
 * are: of either none unless the best value is finite. */
size_t comparison_ask(const comparison *self, comparison_question question,
                      comparison_entry *entries);

/* A mean over the finished runs that have the figure, and its standard error (NaN for a single
 * run), which is what another choice of seeds would change. */
typedef struct compared_mean {
    double value; /* NaN where no run has the figure */
    double error;
    uint32_t runs;
} compared_mean;

typedef struct compared_batch_size {
    uint32_t batch_size;
    uint32_t runs; /* finished, and so in the means */
    uint32_t diverged;
    compared_mean final_accuracy; /* validation */
    compared_mean best_accuracy;
    compared_mean first_loss;        /* training loss of the first epoch */
    compared_mean epochs_to_target;  /* of those that reached it */
    compared_mean seconds_per_epoch; /* of the runs' medians */
} compared_batch_size;

/* Did a run diverge that differs from this one by its seed only? */
bool comparison_seed_diverged(const comparison *self, const compared_run *run);

/* The finished and the diverged runs by batch size, in the comparison's order, into
 * out[self->count]; returns how many batch sizes there are. The comparison must be sorted. */
size_t comparison_by_batch_size(const comparison *self, compared_batch_size *out);

/* The tables and the answers for people, at most 120 columns for names of usual length. 0, or -1
 * without memory; errors of `out` are for its owner to find. */
MUST_CHECK int comparison_print(const comparison *self, FILE *out);

/* The same numbers as JSON, documented in comparison_json.c. Returns as above. */
MUST_CHECK int comparison_print_json(const comparison *self, FILE *out);

#endif
