/* Training with the reference: initial weights, orders, Adam, steps and evaluation. */
#include "lenet_reference.h"

#include <math.h>
#include <stdlib.h>

#include "philox.h"

void reference_initial_parameters(double *parameters, uint64_t seed)
{
    for (unsigned t = 0; t < LENET_TENSORS; t++) {
        const lenet_tensor *tensor = &lenet_tensors[t];
        double *values = parameters + tensor->offset;
        for (unsigned e = 0; e < tensor->count; e++) {
            values[e] = 0;
            if (tensor->fan_in != 0) {
                const float limit = (float)sqrt(6.0 / (tensor->fan_in + tensor->fan_out));
                const philox_block block = philox(seed, PHILOX_WEIGHTS, t, e / 4);
                const float value = philox_symmetric(block.word[e % 4]) * limit;
                values[e] = (double)value;
            }
        }
    }
}

static int compare_keys(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left;
    const uint64_t b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

void reference_order(uint32_t *order, uint64_t *keys, uint32_t count, uint64_t seed, uint64_t epoch)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t word = philox(seed, PHILOX_ORDER, epoch, i / 4).word[i % 4];
        keys[i] = (uint64_t)word << 32 | i;
    }
    qsort(keys, count, sizeof *keys, compare_keys);
    for (uint32_t i = 0; i < count; i++) {
        order[i] = (uint32_t)keys[i];
    }
}

void reference_adam(const engine_config *config, uint64_t step, uint32_t count, double *parameters,
                    double *m, double *v, const double *gradient)
{
    const double t = (double)step;
    const double alpha =
        config->learning_rate * sqrt(1 - pow(config->beta_2, t)) / (1 - pow(config->beta_1, t));
    for (uint32_t i = 0; i < count; i++) {
        const double g = gradient[i];
        m[i] += (g - m[i]) * (1 - config->beta_1);
        v[i] += (g * g - v[i]) * (1 - config->beta_2);
        parameters[i] -= alpha * m[i] / (sqrt(v[i]) + config->epsilon);
    }
}

reference_run *reference_run_create(const engine_config *config, const engine_data *training)
{
    reference_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return NULL;
    }
    run->config = *config;
    run->training = *training;
    run->parameters = calloc(LENET_PARAMETERS, sizeof *run->parameters);
    run->m = calloc(LENET_PARAMETERS, sizeof *run->m);
    run->v = calloc(LENET_PARAMETERS, sizeof *run->v);
    run->gradient = calloc(LENET_PARAMETERS, sizeof *run->gradient);
    run->order = calloc(training->count, sizeof *run->order);
    run->keys = calloc(training->count, sizeof *run->keys);
    run->pass = reference_pass_create(config->batch_size);
    if (run->parameters == NULL || run->m == NULL || run->v == NULL || run->gradient == NULL ||
        run->order == NULL || run->keys == NULL || run->pass == NULL) {
        reference_run_destroy(run);
        return NULL;
    }
    reference_initial_parameters(run->parameters, config->seed);
    return run;
}

void reference_run_destroy(reference_run *run)
{
    if (run == NULL) {
        return;
    }
    reference_pass_destroy(run->pass);
    free(run->keys);
    free(run->order);
    free(run->gradient);
    free(run->v);
    free(run->m);
    free(run->parameters);
    free(run);
}

void reference_run_compute(reference_run *run, engine_step *out)
{
    const uint32_t batch = run->config.batch_size;
    const uint32_t steps_per_epoch = (run->training.count + batch - 1) / batch;
    const uint64_t epoch = run->step / steps_per_epoch;
    const uint32_t first = (uint32_t)(run->step % steps_per_epoch) * batch;
    const uint32_t left = run->training.count - first;
    const uint32_t samples = left < batch ? left : batch;
    const reference_dropout dropout = {.seed = run->config.seed, .step = run->step};

    reference_order(run->order, run->keys, run->training.count, run->config.seed, epoch);
    reference_forward(run->pass, run->parameters, &run->training, run->order + first, samples,
                      &dropout);
    reference_backward(run->pass, run->parameters, run->gradient, 0);
    out->step = run->step + 1;
    out->loss_sum = run->pass->loss_sum;
    out->correct = run->pass->correct;
    out->samples = samples;
}

void reference_run_step(reference_run *run, engine_step *out)
{
    reference_run_compute(run, out);
    run->step++;
    reference_adam(&run->config, run->step, LENET_PARAMETERS, run->parameters, run->m, run->v,
                   run->gradient);
}

void reference_run_evaluate(reference_run *run, const engine_data *data, engine_result *out)
{
    out->loss_sum = 0;
    out->correct = 0;
    out->samples = data->count;
    for (uint32_t first = 0; first < data->count; first += run->pass->capacity) {
        const uint32_t left = data->count - first;
        const engine_data part = {data->images + (size_t)first * LENET_IMAGE_PIXELS,
                                  data->labels + first, left};
        const uint32_t count = left < run->pass->capacity ? left : run->pass->capacity;
        reference_forward(run->pass, run->parameters, &part, NULL, count, NULL);
        out->loss_sum += run->pass->loss_sum;
        out->correct += run->pass->correct;
    }
}
