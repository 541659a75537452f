/* The passes: forward keeps every layer's values, backward walks them in reverse. */
#include "lenet_reference.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "philox.h"
#include "reference_layers.h"

static double *doubles(size_t count)
{
    return calloc(count, sizeof(double));
}

reference_pass *reference_pass_create(uint32_t capacity)
{
    reference_pass *pass = calloc(1, sizeof *pass);
    if (pass == NULL) {
        return NULL;
    }
    const size_t n = capacity;
    pass->capacity = capacity;
    pass->labels = calloc(n, 1);
    pass->input = doubles(n * LENET_IMAGE_PIXELS);
    pass->conv1_before = doubles(n * LENET_CONV1_FLOATS);
    pass->conv1 = doubles(n * LENET_CONV1_FLOATS);
    pass->conv2_before = doubles(n * LENET_CONV2_FLOATS);
    pass->winner = calloc(n, LENET_FLAT);
    pass->pool_factor = doubles(n * LENET_FLAT);
    pass->pool = doubles(n * LENET_FLAT);
    pass->dense1_before = doubles(n * 128);
    pass->dense1_factor = doubles(n * 128);
    pass->dense1 = doubles(n * 128);
    pass->logits = doubles(n * LENET_CLASSES);
    pass->probabilities = doubles(n * LENET_CLASSES);
    pass->pool_delta = doubles(LENET_FLAT);
    pass->conv2_delta = doubles(LENET_CONV2_FLOATS);
    pass->conv1_delta = doubles(LENET_CONV1_FLOATS);
    if (pass->labels == NULL || pass->input == NULL || pass->conv1_before == NULL ||
        pass->conv1 == NULL || pass->conv2_before == NULL || pass->winner == NULL ||
        pass->pool_factor == NULL || pass->pool == NULL || pass->dense1_before == NULL ||
        pass->dense1_factor == NULL || pass->dense1 == NULL || pass->logits == NULL ||
        pass->probabilities == NULL || pass->pool_delta == NULL || pass->conv2_delta == NULL ||
        pass->conv1_delta == NULL) {
        reference_pass_destroy(pass);
        return NULL;
    }
    return pass;
}

void reference_pass_destroy(reference_pass *pass)
{
    if (pass == NULL) {
        return;
    }
    free(pass->conv1_delta);
    free(pass->conv2_delta);
    free(pass->pool_delta);
    free(pass->probabilities);
    free(pass->logits);
    free(pass->dense1);
    free(pass->dense1_factor);
    free(pass->dense1_before);
    free(pass->pool);
    free(pass->pool_factor);
    free(pass->winner);
    free(pass->conv2_before);
    free(pass->conv1);
    free(pass->conv1_before);
    free(pass->input);
    free(pass->labels);
    free(pass);
}

/* factor[count]: the masks of all samples, one after the other. */
static void draw_factors(double *factor, uint32_t count, const reference_dropout *dropout,
                         philox_purpose purpose, int rate_256)
{
    const double kept = 256.0 / (256 - rate_256);
    for (uint32_t e = 0; e < count; e++) {
        factor[e] = 1;
        if (dropout != NULL) {
            const philox_block block = philox(dropout->seed, purpose, dropout->step, e / 16);
            factor[e] = philox_byte(block, e % 16) < rate_256 ? 0 : kept;
        }
    }
}

static void relu(const double *before, int count, double *after)
{
    for (int i = 0; i < count; i++) {
        after[i] = before[i] > 0 ? before[i] : 0;
    }
}

/* Where the four values of window `i` (row, column, channel) of one sample lie in [24,24,64]. */
static int window_place(int i, int place)
{
    const int channel = i % LENET_CONV2_CHANNELS;
    const int column = i / LENET_CONV2_CHANNELS % LENET_POOL_SIDE * 2 + place % 2;
    const int row = i / LENET_CONV2_CHANNELS / LENET_POOL_SIDE * 2 + place / 2;
    return (row * LENET_CONV2_SIDE + column) * LENET_CONV2_CHANNELS + channel;
}

static double positive(double value)
{
    return value > 0 ? value : 0;
}

/* ReLU, 2x2 maximum and dropout of one sample. */
static void pool_forward(const double *before, const double *factor, uint8_t *winner, double *pool)
{
    for (int i = 0; i < LENET_FLAT; i++) {
        winner[i] = 0;
        double largest = positive(before[window_place(i, 0)]);
        for (int place = 1; place < 4; place++) {
            const double value = positive(before[window_place(i, place)]);
            if (value > largest) {
                largest = value;
                winner[i] = (uint8_t)place;
            }
        }
        pool[i] = largest * factor[i];
    }
}

/* Softmax of the logits minus the largest one, and the sample's -log p(label). */
static double softmax_loss(const double *logits, uint8_t label, double *probabilities,
                           uint32_t *correct)
{
    int largest = 0;
    for (int c = 1; c < LENET_CLASSES; c++) {
        if (logits[c] > logits[largest]) {
            largest = c;
        }
    }
    double sum = 0;
    for (int c = 0; c < LENET_CLASSES; c++) {
        probabilities[c] = exp(logits[c] - logits[largest]);
        sum += probabilities[c];
    }
    for (int c = 0; c < LENET_CLASSES; c++) {
        probabilities[c] /= sum;
    }
    *correct += largest == label;
    return log(sum) - (logits[label] - logits[largest]);
}

static void forward_sample(reference_pass *pass, const double *parameters, const uint8_t *image,
                           uint32_t i)
{
    double *input = pass->input + i * LENET_IMAGE_PIXELS;
    for (int p = 0; p < LENET_IMAGE_PIXELS; p++) {
        input[p] = image[p] / 255.0;
    }
    double *conv1_before = pass->conv1_before + (size_t)i * LENET_CONV1_FLOATS;
    double *conv1 = pass->conv1 + (size_t)i * LENET_CONV1_FLOATS;
    reference_convolve(input, LENET_IMAGE_SIDE, 1, parameters + LENET_CONV1_KERNEL_AT,
                       parameters + LENET_CONV1_BIAS_AT, LENET_CONV1_CHANNELS, conv1_before);
    relu(conv1_before, LENET_CONV1_FLOATS, conv1);

    double *conv2_before = pass->conv2_before + (size_t)i * LENET_CONV2_FLOATS;
    reference_convolve(conv1, LENET_CONV1_SIDE, LENET_CONV1_CHANNELS,
                       parameters + LENET_CONV2_KERNEL_AT, parameters + LENET_CONV2_BIAS_AT,
                       LENET_CONV2_CHANNELS, conv2_before);
    double *pool = pass->pool + (size_t)i * LENET_FLAT;
    pool_forward(conv2_before, pass->pool_factor + (size_t)i * LENET_FLAT,
                 pass->winner + (size_t)i * LENET_FLAT, pool);

    double *dense1 = pass->dense1 + i * 128;
    reference_dense(pool, LENET_FLAT, parameters + LENET_DENSE1_KERNEL_AT,
                    parameters + LENET_DENSE1_BIAS_AT, 128, pass->dense1_before + i * 128);
    relu(pass->dense1_before + i * 128, 128, dense1);
    for (int j = 0; j < 128; j++) {
        dense1[j] *= pass->dense1_factor[i * 128 + (uint32_t)j];
    }
    double *logits = pass->logits + i * LENET_CLASSES;
    reference_dense(dense1, 128, parameters + LENET_DENSE2_KERNEL_AT,
                    parameters + LENET_DENSE2_BIAS_AT, LENET_CLASSES, logits);
    pass->loss_sum += softmax_loss(logits, pass->labels[i], pass->probabilities + i * LENET_CLASSES,
                                   &pass->correct);
}

void reference_forward(reference_pass *pass, const double *parameters, const engine_data *data,
                       const uint32_t *samples, uint32_t count, const reference_dropout *dropout)
{
    pass->count = count;
    pass->loss_sum = 0;
    pass->correct = 0;
    draw_factors(pass->pool_factor, count * LENET_FLAT, dropout, PHILOX_DROPOUT1,
                 LENET_DROPOUT1_RATE_256);
    draw_factors(pass->dense1_factor, count * 128, dropout, PHILOX_DROPOUT2,
                 LENET_DROPOUT2_RATE_256);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t sample = samples == NULL ? i : samples[i];
        pass->labels[i] = data->labels[sample];
        forward_sample(pass, parameters, data->images + (size_t)sample * LENET_IMAGE_PIXELS, i);
    }
}

/* Whether ReLU passes this value. Within flip_below of 0 (but not at 0) it decides the other way
 * and counts that. */
static bool open(double before, double flip_below, uint64_t *flipped)
{
    if (before != 0 && fabs(before) < flip_below) {
        (*flipped)++;
        return !(before > 0);
    }
    return before > 0;
}

/* The place in window `i` that gets its gradient: the winner, or the next largest if it is less
 * than flip_below smaller (and not equal). */
static int window_choice(const double *before, int i, int winner, double flip_below,
                         uint64_t *flipped)
{
    const double largest = positive(before[window_place(i, winner)]);
    int next = -1;
    for (int place = 0; place < 4; place++) {
        const double value = positive(before[window_place(i, place)]);
        if (value < largest && value > 0 && largest - value < flip_below &&
            (next < 0 || value > positive(before[window_place(i, next)]))) {
            next = place;
        }
    }
    *flipped += next >= 0;
    return next >= 0 ? next : winner;
}

/* From the gradient with respect to pool [12,12,64] after dropout to that of conv2 before ReLU. */
static uint64_t pool_backward(const reference_pass *pass, uint32_t i, double flip_below)
{
    uint64_t flipped = 0;
    const double *before = pass->conv2_before + (size_t)i * LENET_CONV2_FLOATS;
    const double *factor = pass->pool_factor + (size_t)i * LENET_FLAT;
    const uint8_t *winner = pass->winner + (size_t)i * LENET_FLAT;
    memset(pass->conv2_delta, 0, LENET_CONV2_FLOATS * sizeof *pass->conv2_delta);
    for (int e = 0; e < LENET_FLAT; e++) {
        if (factor[e] != 0) {
            const int place = window_choice(before, e, winner[e], flip_below, &flipped);
            const int at = window_place(e, place);
            if (open(before[at], flip_below, &flipped)) {
                pass->conv2_delta[at] = pass->pool_delta[e] * factor[e];
            }
        }
    }
    return flipped;
}

static uint64_t backward_sample(reference_pass *pass, const double *parameters, double *gradient,
                                uint32_t i, double flip_below)
{
    uint64_t flipped = 0;
    double logits_delta[LENET_CLASSES];
    for (int c = 0; c < LENET_CLASSES; c++) {
        logits_delta[c] = (pass->probabilities[i * LENET_CLASSES + (uint32_t)c] -
                           (c == pass->labels[i] ? 1.0 : 0.0)) /
                          pass->count;
    }
    double dense1_delta[128];
    reference_dense_backward(pass->dense1 + i * 128, 128, parameters + LENET_DENSE2_KERNEL_AT,
                             LENET_CLASSES, logits_delta, gradient + LENET_DENSE2_KERNEL_AT,
                             gradient + LENET_DENSE2_BIAS_AT, dense1_delta);
    for (int j = 0; j < 128; j++) {
        const uint32_t at = i * 128 + (uint32_t)j;
        dense1_delta[j] *= pass->dense1_factor[at];
        if (!open(pass->dense1_before[at], flip_below, &flipped)) {
            dense1_delta[j] = 0;
        }
    }
    reference_dense_backward(pass->pool + (size_t)i * LENET_FLAT, LENET_FLAT,
                             parameters + LENET_DENSE1_KERNEL_AT, 128, dense1_delta,
                             gradient + LENET_DENSE1_KERNEL_AT, gradient + LENET_DENSE1_BIAS_AT,
                             pass->pool_delta);
    flipped += pool_backward(pass, i, flip_below);
    reference_convolve_backward(
        pass->conv1 + (size_t)i * LENET_CONV1_FLOATS, LENET_CONV1_SIDE, LENET_CONV1_CHANNELS,
        parameters + LENET_CONV2_KERNEL_AT, LENET_CONV2_CHANNELS, pass->conv2_delta,
        gradient + LENET_CONV2_KERNEL_AT, gradient + LENET_CONV2_BIAS_AT, pass->conv1_delta);
    const double *conv1_before = pass->conv1_before + (size_t)i * LENET_CONV1_FLOATS;
    for (int e = 0; e < LENET_CONV1_FLOATS; e++) {
        if (!open(conv1_before[e], flip_below, &flipped)) {
            pass->conv1_delta[e] = 0;
        }
    }
    reference_convolve_backward(pass->input + i * LENET_IMAGE_PIXELS, LENET_IMAGE_SIDE, 1,
                                parameters + LENET_CONV1_KERNEL_AT, LENET_CONV1_CHANNELS,
                                pass->conv1_delta, gradient + LENET_CONV1_KERNEL_AT,
                                gradient + LENET_CONV1_BIAS_AT, NULL);
    return flipped;
}

uint64_t reference_backward(reference_pass *pass, const double *parameters, double *gradient,
                            double flip_below)
{
    uint64_t flipped = 0;
    memset(gradient, 0, LENET_PARAMETERS * sizeof *gradient);
    for (uint32_t i = 0; i < pass->count; i++) {
        flipped += backward_sample(pass, parameters, gradient, i, flip_below);
    }
    return flipped;
}

/* FNV-1a, Fowler, Noll and Vo's hash, of one more byte. */
static uint64_t hash_byte(uint64_t hash, unsigned byte)
{
    return (hash ^ byte) * UINT64_C(0x100000001B3);
}

uint64_t reference_decisions(const reference_pass *pass)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t e = 0; e < (size_t)pass->count * LENET_CONV1_FLOATS; e++) {
        hash = hash_byte(hash, pass->conv1_before[e] > 0);
    }
    for (size_t e = 0; e < (size_t)pass->count * LENET_FLAT; e++) {
        hash = hash_byte(hash, pass->winner[e]);
        hash = hash_byte(hash, pass->pool[e] > 0);
    }
    for (size_t e = 0; e < (size_t)pass->count * 128; e++) {
        hash = hash_byte(hash, pass->dense1_before[e] > 0);
    }
    return hash;
}
