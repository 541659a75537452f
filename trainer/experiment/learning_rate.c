#include "learning_rate.h"

#include <float.h>
#include <math.h>

double learning_rate_scale(double base, learning_rate_scaling scaling, uint32_t batch_size)
{
    const double factor = (double)batch_size / LEARNING_RATE_BASE_BATCH_SIZE;
    switch (scaling) {
    case LEARNING_RATE_LINEAR:
        return base * factor;
    case LEARNING_RATE_SQRT:
        return base * sqrt(factor);
    case LEARNING_RATE_NOT_SCALED:
        break;
    }
    return base;
}

bool learning_rate_is_usable(double rate)
{
    return rate >= FLT_TRUE_MIN && rate <= FLT_MAX;
}
