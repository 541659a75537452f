/* The layers as functions, one table per instruction set. Each function computes one sample, or one
 * block of a layer's weights, in one thread; cpu_pass.c decides which ones run at the same time.
 * All arrays are floats, row-major and aligned to 64 bytes. If a comment gives a stride, they are
 * padded to a multiple of 16 floats. */
#ifndef KERNELS_CPU_KERNELS_H
#define KERNELS_CPU_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ink.h"
#include "lenet.h"

enum {
    /* Floats from sample to sample of the pooled activations. The padding keeps the samples of a
     * tile out of each other's cache sets: 9216 floats are a multiple of 4 KiB. */
    CPU_POOL_STRIDE = LENET_FLAT + 16,

    /* dense1's product over 9216 inputs is the sum of this many partial ones, added in order. */
    CPU_DENSE1_SPLITS = 36,
    CPU_DENSE1_SPLIT = LENET_FLAT / CPU_DENSE1_SPLITS, /* 256 inputs */

    /* dense1's backward pass and update are done by blocks of inputs. */
    CPU_DENSE1_BLOCKS = 144,
    CPU_DENSE1_BLOCK = LENET_FLAT / CPU_DENSE1_BLOCKS, /* 64 inputs */

    CPU_PATCH = LENET_KERNEL_SIDE * LENET_KERNEL_SIDE * LENET_CONV1_CHANNELS, /* 288 */
    CPU_POSITIONS = LENET_POOL_SIDE * LENET_POOL_SIDE,                        /* 144 */

    /* An argmax is the position in a pooling window that the gradient goes to: 0 .. 3 in row-major
     * order, or none, because ReLU or dropout closed it. */
    CPU_ROUTE_NONE = 4,

    CPU_WINOGRAD_POINTS = 16,
    CPU_WINOGRAD_WINDOWS = 24, /* pooling windows of conv2 that are computed together */
};

/* conv2's weights in the form that conv2_forward needs. */
typedef struct cpu_conv2 {
    union { /* a matrix [32,64] for each point, in the order of product.h */
        _Alignas(64) float fp32[LENET_CONV1_CHANNELS * LENET_CONV2_CHANNELS];
        uint16_t bf16[LENET_CONV1_CHANNELS * LENET_CONV2_CHANNELS];
    } winograd[CPU_WINOGRAD_POINTS];
    float norm[LENET_CONV2_CHANNELS]; /* the root of the sum of a channel's squared weights */
    /* A patch that sees no ink: its sum without the bias, and a whole window of such patches. */
    float blank_sum[LENET_CONV2_CHANNELS];
    float blank_pooled[LENET_CONV2_CHANNELS];
    uint8_t blank_argmax[LENET_CONV2_CHANNELS];
} cpu_conv2;

/* The transformed inputs and their products, point by point. The padding spreads the points over
 * the cache's sets. */
typedef struct cpu_winograd_scratch {
    struct {
        union {
            _Alignas(64) float fp32[CPU_WINOGRAD_WINDOWS][LENET_CONV1_CHANNELS];
            uint16_t bf16[CPU_WINOGRAD_WINDOWS][LENET_CONV1_CHANNELS];
        } row;
        float padding[16];
    } inputs[CPU_WINOGRAD_POINTS];
    struct {
        _Alignas(64) float row[CPU_WINOGRAD_WINDOWS][LENET_CONV2_CHANNELS];
        float padding[16];
    } sums[CPU_WINOGRAD_POINTS];
    struct cpu_window {
        int place;
        unsigned seen; /* bit i: output i of the window sees ink */
        float norm;    /* the root of the sum of its squared inputs */
    } window[CPU_WINOGRAD_WINDOWS];
} cpu_winograd_scratch;

/* The gradients of the two convolutions, in the order of the partial sums. */
typedef struct cpu_conv_gradients {
    float conv2_kernel[LENET_CONV2_CHANNELS][CPU_PATCH]; /* transposed: [64][3,3,32] */
    float conv2_bias[LENET_CONV2_CHANNELS];
    float conv1_kernel[9][LENET_CONV1_CHANNELS];
    float conv1_bias[LENET_CONV1_CHANNELS];
} cpu_conv_gradients;

/* Room for one thread's work on one sample. */
typedef struct cpu_scratch {
    _Alignas(64) float image[LENET_IMAGE_PIXELS];
    cpu_ink ink;
    cpu_winograd_scratch winograd;
    _Alignas(64) float conv1[LENET_CONV1_FLOATS]; /* activations, or their gradient */
    _Alignas(64) uint8_t bytes[LENET_FLAT];
    _Alignas(64) float dense1[CPU_DENSE1_BLOCK][LENET_DENSE1]; /* a block's gradient */
    /* conv2's nonzero output gradients by channel: the place of their patch in conv1's
     * activations, and their value. */
    struct cpu_entry {
        uint32_t patch;
        float gradient;
    } entries[LENET_CONV2_CHANNELS][CPU_POSITIONS];
} cpu_scratch;

typedef struct cpu_adam {
    float alpha; /* learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) */
    float one_minus_beta_1;
    float one_minus_beta_2;
    float epsilon;
} cpu_adam;

/* dense1's kernel [9216,128], its moments, and the update after the last micro-batch of a step. */
typedef struct cpu_dense1_weights {
    float *kernel;
    float *moment_m;
    float *moment_v;
    const cpu_adam *adam;
    bool first; /* micro-batch of the step: overwrite the gradient instead of adding to it */
    bool last;  /* micro-batch of the step: update after it */
} cpu_dense1_weights;

typedef struct cpu_kernels {
    const char *isa;
    bool bf16; /* conv2_forward multiplies in bf16; all else is fp32 in any case */

    /* image [28,28] -> out [26,26,32] after ReLU. */
    void (*conv1_forward)(const float *image, const float *kernel, const float *bias, float *out);

    /* conv2's forward weights from its kernel and bias, and conv1's bias for blank places. */
    void (*conv2_prepare)(const float *conv1_bias, const float *kernel, const float *bias,
                          cpu_conv2 *out);

    /* conv1 [26,26,32] -> pooled [12,12,64] after ReLU and max pooling, argmax likewise.
     * kernel_transposed [64][3,3,32]. */
    void (*conv2_forward)(const float *conv1, const cpu_ink *ink, const cpu_conv2 *weights,
                          const float *kernel_transposed, const float *bias,
                          cpu_winograd_scratch *scratch, float *pooled, uint8_t *argmax);

    /* Draws and applies the first dropout's mask of sample `sample` at `step` (from 0). */
    void (*dropout1)(uint64_t seed, uint64_t step, uint32_t sample, uint8_t *bytes, float *pooled,
                     uint8_t *argmax);

    /* sums[n,128] over inputs [split * 256, + 256) of pooled (n samples, CPU_POOL_STRIDE), which
     * are 0 where the argmax [n,9216] is none. */
    void (*dense1_forward)(const float *pooled, const uint8_t *argmax, uint32_t n,
                           const float *kernel, unsigned split, float *sums);

    /* The gradient [64,128] of the kernel's rows [block * 64, + 64); n samples. */
    void (*dense1_kernel_gradient)(const float *pooled, const uint8_t *argmax,
                                   const float *preactivation_gradient, uint32_t n, unsigned block,
                                   float (*gradient)[LENET_DENSE1]);

    /* The backward pass of the same rows: pooled_gradient (n samples, CPU_POOL_STRIDE) for elements
     * with an argmax, the rows' gradient, added up in `gradient` [64,128], and their update. If the
     * step has only one micro-batch, `gradient` is scratch. */
    void (*dense1_backward)(const cpu_dense1_weights *weights, const float *pooled,
                            const uint8_t *argmax, const float *preactivation_gradient, uint32_t n,
                            unsigned block, float (*gradient)[LENET_DENSE1],
                            float *pooled_gradient);

    /* Adds one sample's gradients of conv2 to `sums` and sets conv1_gradient [26,26,32]. Works
     * through the nonzero output gradients only: pooling leaves at most one in four, dropout
     * and ReLU fewer. kernel_transposed [64][3,3,32]. `dropout`: was dropout1 applied? */
    void (*conv2_backward)(const float *conv1, const float *kernel_transposed,
                           const float *pooled_gradient, const uint8_t *argmax, bool dropout,
                           struct cpu_entry (*entries)[CPU_POSITIONS], cpu_conv_gradients *sums,
                           float *conv1_gradient);

    /* Adds one sample's gradients of conv1; ReLU passes no gradient to an activation of 0. */
    void (*conv1_backward)(const float *image, const float *conv1, const float *conv1_gradient,
                           cpu_conv_gradients *sums);

    /* Adam's update of `count` parameters, rounded up to 16. */
    void (*adam)(const cpu_adam *adam, float *p, float *m, float *v, const float *gradient,
                 size_t count);

    /* to[count] = start[count] (0 if `start` is NULL) plus from[i * stride + ..] for i = 0 .. terms
     * - 1 in this order; count is a multiple of 16. */
    void (*sum)(float *to, const float *start, const float *from, size_t stride, size_t terms,
                size_t count);
} cpu_kernels;

/* The tables of this build, best first, followed by NULL. */
extern const cpu_kernels *const cpu_kernels_list[];

/* Does this machine have the instructions that the table needs? For tests, which try every
 * table. */
bool cpu_kernels_usable(const cpu_kernels *kernels);

/* The table of an instruction set, or the best for NULL, in fp32 and with bf16; NULL if there is
 * none or the machine lacks it. */
const cpu_kernels *cpu_kernels_find(const char *isa);
const cpu_kernels *cpu_kernels_find_bf16(const char *isa);

#endif
