/* The end of the network, one sample at a time: dense2, softmax, cross-entropy and their gradients.
 * It is a thousandth of the work, so it is written only once, without vectors. */
#ifndef KERNELS_CPU_HEAD_H
#define KERNELS_CPU_HEAD_H

#include <stdbool.h>
#include <stdint.h>

/* hidden[128] = ReLU and the second dropout of sums[128], in place, for sample `sample` of the
 * batch at `step` (from 0). */
void head_dropout2(uint64_t seed, uint64_t step, uint32_t sample, float *hidden);

/* hidden[128] -> logits[10]; kernel [128,10], bias [10]. */
void head_logits(const float *hidden, const float *kernel, const float *bias, float *logits);

/* logits[10] -> softmax[10]. */
void head_softmax(const float *logits, float *softmax);

/* -log softmax(logits)[label], from the logits, so that it stays finite. */
double head_loss(const float *logits, uint8_t label);

/* The class of the first of the largest logits. */
uint8_t head_predicted(const float *logits);

/* The gradients of loss / batch: logits_gradient[10], and preactivation_gradient[128], which has
 * passed back through dense2, dropout (if applied) and ReLU. It is 0 where hidden is 0. */
void head_backward(const float *softmax, uint8_t label, uint32_t batch, const float *hidden,
                   bool dropout, const float *kernel, float *logits_gradient,
                   float *preactivation_gradient);

/* Adds n samples' small gradients of dense2 and dense1, in the samples' order: kernel [128,10],
 * bias [10], dense1_bias [128]. */
void head_weight_gradients(const float *hidden, const float *logits_gradient,
                           const float *preactivation_gradient, uint32_t n, float *kernel,
                           float *bias, float *dense1_bias);

#endif
