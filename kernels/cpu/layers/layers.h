/* The functions of one instruction set's table, named for it. */
#ifndef KERNELS_CPU_LAYERS_H
#define KERNELS_CPU_LAYERS_H

#include "cpu_kernels.h"
#include "vec.h"

void CPU_FP32(conv1_forward)(const float *image, const float *kernel, const float *bias,
                             float *out);
void CPU_FP32(conv1_backward)(const float *image, const float *conv1, const float *conv1_gradient,
                              cpu_conv_gradients *sums);
void CPU_NAME(conv2_prepare)(const float *conv1_bias, const float *kernel, const float *bias,
                             cpu_conv2 *out);
void CPU_NAME(conv2_forward)(const float *conv1, const cpu_ink *ink, const cpu_conv2 *weights,
                             const float *kernel_transposed, const float *bias,
                             cpu_winograd_scratch *s, float *pooled, uint8_t *argmax);
void CPU_FP32(conv2_backward)(const float *conv1, const float *kernel_transposed,
                              const float *pooled_gradient, const uint8_t *argmax, bool dropout,
                              struct cpu_entry (*entries)[CPU_POSITIONS], cpu_conv_gradients *sums,
                              float *conv1_gradient);
void CPU_FP32(dropout1)(uint64_t seed, uint64_t step, uint32_t sample, uint8_t *bytes,
                        float *pooled, uint8_t *argmax);
void CPU_FP32(dense1_forward)(const float *pooled, const uint8_t *argmax, uint32_t n,
                              const float *kernel, unsigned split, float *sums);
void CPU_FP32(dense1_kernel_gradient)(const float *pooled, const uint8_t *argmax,
                                      const float *preactivation_gradient, uint32_t n,
                                      unsigned block, float (*gradient)[LENET_DENSE1]);
void CPU_FP32(dense1_backward)(const cpu_dense1_weights *weights, const float *pooled,
                               const uint8_t *argmax, const float *preactivation_gradient,
                               uint32_t n, unsigned block, float (*gradient)[LENET_DENSE1],
                               float *pooled_gradient);
void CPU_FP32(adam)(const cpu_adam *adam, float *p, float *m, float *v, const float *gradient,
                    size_t count);
void CPU_FP32(sum)(float *to, const float *start, const float *from, size_t stride, size_t terms,
                   size_t count);

extern const cpu_kernels CPU_NAME(cpu_kernels);

#endif
