/* Loss, accuracy and confusion matrix of a network, from its predictions for labelled images. Knows
 * no engine and no file. */
#ifndef TRAINER_EVALUATION_H
#define TRAINER_EVALUATION_H

#include <stdint.h>

#include "lenet.h"

/* The share of images that are classified correctly. */
typedef struct evaluation_accuracy {
    uint32_t correct;
    uint32_t images;
    double value; /* correct / images; NaN without images, as are the next two */
    double low;  /* Wilson's score interval at 95 %, for the accuracy on all images of this kind. */
    double high; /* Valid for few images and near 100 %, too. */
} evaluation_accuracy;

typedef struct evaluation {
    double loss; /* mean of -log p(label); NaN or infinite if the engine's sum is */
    evaluation_accuracy accuracy;
    evaluation_accuracy classes[LENET_CLASSES];       /* of the images with each label: recall */
    uint32_t confusion[LENET_CLASSES][LENET_CLASSES]; /* images, as [label][predicted] */
} evaluation;

/* From labels[images], predicted[images], each below LENET_CLASSES, and the sum of -log p(label)
 * over them. At least one image. If predictions and sum have the same bits as a run's, loss and
 * accuracy have those of its val_loss and val_accuracy. */
void evaluation_make(evaluation *out, const uint8_t *labels, const uint8_t *predicted,
                     uint32_t images, double loss_sum);

#endif
