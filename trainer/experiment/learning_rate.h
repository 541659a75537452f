/* How the learning rate follows the batch size. */
#ifndef TRAINER_LEARNING_RATE_H
#define TRAINER_LEARNING_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* The batch size at which scaling changes nothing. */
enum { LEARNING_RATE_BASE_BATCH_SIZE = 32 };

typedef enum learning_rate_scaling {
    LEARNING_RATE_NOT_SCALED,
    LEARNING_RATE_LINEAR, /* base * B/32 */
    LEARNING_RATE_SQRT    /* base * sqrt(B/32) */
} learning_rate_scaling;

/* The learning rate at batch size B >= 1; `base` is the rate at batch size 32. */
double learning_rate_scale(double base, learning_rate_scaling scaling, uint32_t batch_size);

/* Is the positive rate neither 0 nor infinite as a 32-bit float, which engines use? */
bool learning_rate_is_usable(double rate);

#endif
