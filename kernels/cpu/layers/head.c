#include "head.h"

#include <math.h>
#include <string.h>

#include "lenet.h"
#include "philox.h"

enum { IN = LENET_DENSE1, OUT = LENET_CLASSES };

static const float DROPOUT2_SCALE = 256.0f / (256 - LENET_DROPOUT2_RATE_256);

void head_dropout2(uint64_t seed, uint64_t step, uint32_t sample, float *hidden)
{
    for (uint32_t i = 0; i < IN; i += 16) {
        const philox_block block = philox(seed, PHILOX_DROPOUT2, step, (sample * IN + i) / 16);
        for (uint32_t j = 0; j < 16; j++) {
            const bool dropped = philox_byte(block, j) < LENET_DROPOUT2_RATE_256;
            hidden[i + j] = dropped || !(hidden[i + j] > 0) ? 0 : hidden[i + j] * DROPOUT2_SCALE;
        }
    }
}

void head_logits(const float *hidden, const float *kernel, const float *bias, float *logits)
{
    memcpy(logits, bias, OUT * sizeof *logits);
    for (int i = 0; i < IN; i++) {
        for (int j = 0; j < OUT; j++) {
            logits[j] += hidden[i] * kernel[i * OUT + j];
        }
    }
}

static double largest(const float *logits)
{
    float max = logits[0];
    for (int j = 1; j < OUT; j++) {
        max = logits[j] > max ? logits[j] : max;
    }
    return max;
}

void head_softmax(const float *logits, float *softmax)
{
    const double max = largest(logits);
    double terms[OUT];
    double sum = 0;
    for (int j = 0; j < OUT; j++) {
        terms[j] = exp(logits[j] - max);
        sum += terms[j];
    }
    for (int j = 0; j < OUT; j++) {
        softmax[j] = (float)(terms[j] / sum);
    }
}

double head_loss(const float *logits, uint8_t label)
{
    const double max = largest(logits);
    double sum = 0;
    for (int j = 0; j < OUT; j++) {
        sum += exp(logits[j] - max);
    }
    return log(sum) + max - logits[label];
}

uint8_t head_predicted(const float *logits)
{
    int best = 0;
    for (int j = 1; j < OUT; j++) {
        best = logits[j] > logits[best] ? j : best;
    }
    return (uint8_t)best;
}

void head_backward(const float *softmax, uint8_t label, uint32_t batch, const float *hidden,
                   bool dropout, const float *kernel, float *logits_gradient,
                   float *preactivation_gradient)
{
    const float scale = dropout ? DROPOUT2_SCALE : 1.0f;
    for (int j = 0; j < OUT; j++) {
        logits_gradient[j] = (softmax[j] - (j == label ? 1.0f : 0.0f)) / (float)batch;
    }
    for (int i = 0; i < IN; i++) {
        float sum = 0;
        for (int j = 0; j < OUT; j++) {
            sum += logits_gradient[j] * kernel[i * OUT + j];
        }
        preactivation_gradient[i] = hidden[i] > 0 ? sum * scale : 0;
    }
}

void head_weight_gradients(const float *hidden, const float *logits_gradient,
                           const float *preactivation_gradient, uint32_t n, float *kernel,
                           float *bias, float *dense1_bias)
{
    for (uint32_t sample = 0; sample < n; sample++) {
        for (int i = 0; i < IN; i++) {
            for (int j = 0; j < OUT; j++) {
                kernel[i * OUT + j] += hidden[i] * logits_gradient[j];
            }
            dense1_bias[i] += preactivation_gradient[i];
        }
        for (int j = 0; j < OUT; j++) {
            bias[j] += logits_gradient[j];
        }
        hidden += IN;
        preactivation_gradient += IN;
        logits_gradient += OUT;
    }
}
