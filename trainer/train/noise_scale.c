#include "noise_scale.h"

#include <math.h>
#include <stdlib.h>

void noise_sums_add(noise_sums *sums, const float *gradient)
{
    double square = 0;
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        const double value = gradient[i];
        square += value * value;
        sums->sum[i] += value;
    }
    sums->squares += square;
    sums->groups++;
}

gradient_noise noise_sums_estimate(const noise_sums *sums, uint32_t group_samples)
{
    const double n = sums->groups;
    const double b = group_samples;
    double square = 0;
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        const double mean = sums->sum[i] / n;
        square += mean * mean;
    }
    const double small = sums->squares / n;
    if (sums->groups < 2 || !isfinite(small) || !isfinite(square)) {
        return (gradient_noise){NAN, NAN, NAN};
    }
    gradient_noise noise = {
        .variance = (small - square) / (1 / b - 1 / (n * b)),
        .square = (n * square - small) / (n - 1),
        .scale = NAN,
    };
    if (noise.square > 0) {
        noise.scale = noise.variance / noise.square;
    }
    return noise;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

engine_status noise_scale_measure(const engine_api *api, engine *e, uint32_t training_samples,
                                  gradient_noise *out)
{
    const uint32_t groups = least(training_samples, NOISE_SCALE_GROUPS);
    const uint32_t size = least(training_samples / groups, NOISE_SCALE_LARGEST_GROUP);
    float *gradient = malloc(LENET_PARAMETERS * sizeof *gradient);
    noise_sums sums = {.sum = calloc(LENET_PARAMETERS, sizeof *sums.sum)};
    engine_status status = gradient == NULL || sums.sum == NULL ? ENGINE_NO_MEMORY : ENGINE_OK;
    for (uint32_t i = 0; status == ENGINE_OK && i < groups; i++) {
        status = api->gradient(e, i * size, size, gradient);
        if (status == ENGINE_OK) {
            noise_sums_add(&sums, gradient);
        }
    }
    if (status == ENGINE_OK) {
        *out = noise_sums_estimate(&sums, size);
    }
    free(sums.sum);
    free(gradient);
    return status;
}
