/* How well a network classifies labelled images, from its predictions alone: loss, accuracy and
 * which classes are taken for which. Knows no engine and no file. */
#ifndef TRAINER_EVALUATION_H
#define TRAINER_EVALUATION_H

#include <stdint.h>

#include "lenet.h"

/* The share of images that are classified correctly. */
typedef struct evaluation_accuracy {
    uint32_t correct;
    uint32_t images;
    double value; /* correct / images; NaN without images, as are the next two */
    double low;   /* Wilson's score interval at 95 %: the accuracy on all images of this kind, of */
    double high;  /* which these are a random sample. Correct for few images and near 100 %, too. */
} evaluation_accuracy;

typedef struct evaluation {
    double loss; /* mean of -log p(label); NaN or infinite if the engine's sum is */
    evaluation_accuracy accuracy;
    evaluation_accuracy classes[LENET_CLASSES]; /* over the images of each label: its recall */
    uint32_t confusion[LENET_CLASSES][LENET_CLASSES]; /* images, as [label][predicted] */
} evaluation;

/* From labels[images], predicted[images], each below LENET_CLASSES, and the sum of -log p(label)
 * over them. At least one image. Loss and accuracy are the same bits as a run's val_loss and
 * val_accuracy if predictions and sum are. */
void evaluation_make(evaluation *out, const uint8_t *labels, const uint8_t *predicted,
                     uint32_t images, double loss_sum);

#endif
