#include "rounding_bounds.h"

#include <math.h>

/* The unit roundoff to which conv2 and dense1 round the factors of their products; 0: they do
 * not. */
static double factor_roundoff(engine_precision precision)
{
    return precision == ENGINE_BF16 ? 0x1p-8 : precision == ENGINE_TF32 ? 0x1p-11 : 0;
}

double rounding_bound(engine_precision precision, double terms)
{
    return 4 * (unit_roundoff * sqrt(terms) + 2 * factor_roundoff(precision));
}

double rounding_terms_of_gradient(const lenet_tensor *tensor, uint32_t samples)
{
    const double places = tensor->offset < LENET_CONV2_KERNEL_AT    ? 26 * 26
                          : tensor->offset < LENET_DENSE1_KERNEL_AT ? 24 * 24
                                                                    : 1;
    return fmax(LENET_FLAT, places * samples);
}

double rounding_bound_of_whole(engine_precision precision)
{
    return precision == ENGINE_FP32 ? 4 * unit_roundoff * sqrt(LENET_FLAT)
                                    : 2 * factor_roundoff(precision);
}

double rounding_bound_of_decisions(engine_precision precision)
{
    return 3 * sqrt(factor_roundoff(precision));
}

double rounding_bound_of_update(double parameter, double learning_rate)
{
    return unit_roundoff * fabs(parameter) + 32 * unit_roundoff * learning_rate;
}

double rounding_bound_of_loss(engine_precision precision, uint32_t step)
{
    return (precision == ENGINE_FP32 ? 5e-6 : 2e-3) * step;
}
