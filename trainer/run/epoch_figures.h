/* The figures of a finished epoch, which run.json, the event files and the display show, and the
 * sums of the current one. */
#ifndef TRAINER_EPOCH_FIGURES_H
#define TRAINER_EPOCH_FIGURES_H

#include <stdint.h>

/* How much the gradients of single samples differ after an epoch (noise_scale.h); NaN if that was
 * not measured. */
typedef struct gradient_noise {
    double variance; /* S: the trace of their covariance */
    double square; /* |G|^2: the squared length of their mean; an estimate, which may be negative */
    double scale;  /* S / |G|^2; NaN if |G|^2 is not positive */
} gradient_noise;

typedef struct epoch_figures {
    double loss; /* means over the epoch's samples while the weights changed, dropout on */
    double accuracy;
    double val_loss; /* after the epoch, dropout off */
    double val_accuracy;
    double training_seconds;
    double validation_seconds;
    gradient_noise noise;
} epoch_figures;

/* Sums over the steps of an epoch so far; its means count a short last batch by its samples, as
 * Keras does. */
typedef struct epoch_sums {
    double loss;
    uint64_t correct;
    uint64_t samples;
    uint32_t steps;
    double seconds; /* of training */
} epoch_sums;

#endif
