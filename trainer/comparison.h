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

#include "run_reader.h"
#include "run_record.h"

/* A run has converged when it has this validation accuracy. */
#define COMPARISON_TARGET 0.99

typedef struct compared_figure {
    double final; /* of the last epoch */
    double best;  /* the lowest loss or highest accuracy of all epochs; NaN if none is a number */
    uint32_t best_epoch; /* the first with it; 0 for none */
} compared_figure;

typedef struct compared_run {
    char name[256]; /* the directory relative to the root */
    run_record record;
    run_curves curves;
    char note[512];  /* "" or what is wrong with the run, in one line */
    uint32_t epochs; /* with figures; without any, nothing below is set but steps_per_epoch */
    uint32_t steps_per_epoch;
    double seconds_per_epoch; /* training only, mean */
    double validation_seconds_per_epoch;
    double samples_per_second; /* of training */
    compared_figure loss;
    compared_figure accuracy;
    compared_figure val_loss;
    compared_figure val_accuracy;
    double final_error; /* standard error of the final and the best validation accuracy: */
    double best_error;  /* sqrt(p (1 - p) / validation samples) */
    uint32_t
        target_epoch; /* the first at COMPARISON_TARGET; 0 for never; and were accuracies one */
    uint32_t target_epoch_earliest; /* standard error higher */
    uint32_t target_epoch_latest;   /* or lower */
} compared_run;

typedef struct comparison {
    compared_run *runs;
    size_t count;
} comparison;

/* Adds the run in `directory`. A directory without a readable run.json is -1 with a message
 * [MESSAGE_BYTES], as is lack of memory; anything wrong with its event files is a note. */
__attribute__((warn_unused_result)) int comparison_add(comparison *self, const char *directory,
                                                       const char *name, char *message);

/* Adds every run at or below `root`. A damaged run.json and a directory that cannot be read are
 * told on `warnings` and left out. -1 with a message where root cannot be read or memory is
 * short. */
__attribute__((warn_unused_result)) int comparison_add_below(comparison *self, const char *root,
                                                             FILE *warnings, char *message);

/* Largest batch size first, then by name. */
void comparison_sort(comparison *self);

void comparison_free(comparison *self);

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

/* The answer to a question among the finished runs. */
typedef struct comparison_answer {
    const compared_run *winner; /* NULL if no finished run has an answer */
    const compared_run *next;   /* NULL if only one has */
    double winner_value;        /* epochs, samples, seconds, loss or accuracy */
    double next_value;
    bool tie; /* the two are equal or nearer than their uncertainty: epochs, samples and seconds
                 whose ranges (earliest to latest) touch; accuracies within two standard errors
                 of their difference */
} comparison_answer;

comparison_answer comparison_ask(const comparison *self, comparison_question question);

/* Seconds of training up to and with epoch `epoch` (1 .. epochs). */
double comparison_seconds_to(const compared_run *run, uint32_t epoch);

/* The table and the answers for people, at most 120 columns for names of usual length. */
void comparison_print(const comparison *self, FILE *out);

/* The same numbers as JSON, documented in comparison_json.c. -1 without memory. */
__attribute__((warn_unused_result)) int comparison_print_json(const comparison *self, FILE *out);

#endif
