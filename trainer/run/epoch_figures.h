/* What is known of one epoch: run.json, the event files and the display all tell it. */
#ifndef TRAINER_EPOCH_FIGURES_H
#define TRAINER_EPOCH_FIGURES_H

typedef struct epoch_figures {
    double loss; /* means over the epoch's samples while the weights changed, dropout on */
    double accuracy;
    double val_loss; /* after the epoch, dropout off */
    double val_accuracy;
    double training_seconds;
    double validation_seconds;
} epoch_figures;

#endif
