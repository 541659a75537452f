/* Tags of a run's event files that are used in more than one file. */
#ifndef TRAINER_RUN_TAGS_H
#define TRAINER_RUN_TAGS_H

/* In the training part and in the validation part, by epoch from 0. */
#define RUN_TAG_EPOCH_LOSS     "epoch_loss"
#define RUN_TAG_EPOCH_ACCURACY "epoch_accuracy"

/* In the training part; gives the training seconds of a logged epoch. */
#define RUN_TAG_STEPS_PER_SECOND "epoch_steps_per_second"

#endif
