#include "evaluation.h"

#include <assert.h>
#include <math.h>

/* The standard normal distribution has 95 % of its mass within so many deviations of its mean. */
static const double deviations = 1.959963984540054;

/* Wilson's score interval: all shares p whose own deviation sqrt(p (1 - p) / images) puts the
 * observed one at most `deviations` away (E. B. Wilson, 1927). Rounding must not push an end past
 * 0 or 1. */
static void find_interval(evaluation_accuracy *self)
{
    const double images = self->images;
    const double share = self->value;
    const double square = deviations * deviations;
    const double scale = images + square;
    const double centre = (share * images + square / 2) / scale;
    const double reach = deviations / scale * sqrt(images * share * (1 - share) + square / 4);
    self->low = self->correct == 0 ? 0 : centre - reach;
    self->high = self->correct == self->images ? 1 : centre + reach;
}

static evaluation_accuracy accuracy_of(uint32_t correct, uint32_t images)
{
    evaluation_accuracy self = {.correct = correct, .images = images};
    if (images == 0) {
        self.value = self.low = self.high = NAN;
        return self;
    }
    self.value = (double)correct / images;
    find_interval(&self);
    return self;
}

void evaluation_make(evaluation *out, const uint8_t *labels, const uint8_t *predicted,
                     uint32_t images, double loss_sum)
{
    uint32_t correct = 0;
    assert(images >= 1);
    *out = (evaluation){.loss = loss_sum / images};
    for (uint32_t i = 0; i < images; i++) {
        assert(labels[i] < LENET_CLASSES && predicted[i] < LENET_CLASSES);
        out->confusion[labels[i]][predicted[i]]++;
    }
    for (unsigned label = 0; label < LENET_CLASSES; label++) {
        uint32_t of_label = 0;
        for (unsigned other = 0; other < LENET_CLASSES; other++) {
            of_label += out->confusion[label][other];
        }
        out->classes[label] = accuracy_of(out->confusion[label][label], of_label);
        correct += out->confusion[label][label];
    }
    out->accuracy = accuracy_of(correct, images);
}
