/* One run of a comparison: its figures and its cost.
 *
 * Epochs are counted from 1 here, as in a run's progress (TensorBoard's axis counts from 0). */
#ifndef TRAINER_COMPARED_RUN_H
#define TRAINER_COMPARED_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "must_check.h"
#include "run_record.h"

typedef struct compared_figure {
    double final; /* of the last epoch */
    double best;  /* the lowest loss or highest accuracy of all epochs; NaN if none is a number */
    uint32_t best_epoch; /* the first with it; 0 for none */
} compared_figure;

typedef struct compared_run {
    char name[256]; /* the directory, relative to the root if there is but one; fit to be printed */
    char note[512]; /* "" or what is wrong with the run, in one line */
    /* A log of Keras (keras_run.h). Its seed is not known; the record has a unique number instead.
     * Set before the rest is derived. */
    bool is_foreign;
    /* Owned. Without an epoch nothing below is set. */
    run_record record;
    compared_figure loss;
    compared_figure accuracy;
    compared_figure val_loss;
    compared_figure val_accuracy;
    /* Of training: the median over the epochs, so that other load on the machine during some of
     * them does not decide, and the fastest and the slowest epoch; NaN if no epoch's are known. */
    double seconds_per_epoch;
    double fastest_epoch;
    double slowest_epoch;
    double seconds; /* training and validation of all epochs, measured; NaN if not known */
} compared_run;

/* Derives the fields below `record`, and sets a note if the run has not finished or has figures
 * that are not finite. -1 without memory. */
MUST_CHECK int compared_run_derive(compared_run *run);

/* Do its figures count? It must have finished, with finite figures. */
bool compared_run_counts(const compared_run *run);

/* The first epoch with at least this validation accuracy; infinite for none. */
double compared_run_epochs_to(const compared_run *run, double accuracy);

/* Measured seconds of training until the end of that epoch; infinite for none, NaN if not
 * known. */
double compared_run_seconds_to(const compared_run *run, double accuracy);

/* The smallest difference of its validation accuracy: 1 / validation images; 0 if not known. */
double compared_run_grain(const compared_run *run);

/* Samples a second in training, in the median epoch; NaN if not known. */
double compared_run_samples_per_second(const compared_run *run);

#endif
