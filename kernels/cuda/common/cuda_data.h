/* The CUDA engine's data on the device. Plain C, so that sizes are known without CUDA too. */
#ifndef KERNELS_CUDA_DATA_H
#define KERNELS_CUDA_DATA_H

#include <stdint.h>

#include "lenet.h"

enum {
    /* Slices of dense1's 9216 inputs; cuda_head adds up their partial sums. */
    CUDA_DENSE1_SPLITS = 72,
    /* Blocks, and so partial sums, of the convolutions' weight gradients. Each block computes a
     * fixed share of the micro-batch and adds it to its own slot. */
    CUDA_CONV_SLOTS = 128,
    /* Scratch for the sums of a histogram. */
    CUDA_HISTOGRAM_SCRATCH_DOUBLES = 1024 * 8,
};

/* The progress of a run, in device memory: set by cuda_set_progress, then changed only by
 * cuda_update. Adam's alpha is computed once per step, since a power in double costs a
 * microsecond. */
typedef struct cuda_progress {
    uint64_t step;        /* steps of the run that are done */
    float alpha;          /* of the update of step `step` + 1 */
    float next_alpha;     /* internal to cuda_update, until it counts the step */
    uint32_t blocks_done; /* internal to cuda_update; 0 between launches */
} cuda_progress;

/* Device memory of one forward and backward pass over `capacity` samples, [capacity, …] each.
 * Evaluation needs those of the forward pass only, without argmax; the others may be NULL there. */
typedef struct cuda_activations {
    float *pooled;      /* [.,12,12,64] after ReLU, max pooling and dropout (scaled) */
    uint8_t *argmax;    /* [.,12,12,64] place (2 * row + column) of the window's largest value, the
                         first of equals; 4 if ReLU or dropout closed it */
    float *partial;     /* [splits][.,128] partial sums of dense1 without bias */
    float *dense1;      /* [.,128] after bias, ReLU and dropout */
    float *logits;      /* [.,10] */
    float *softmax;     /* [.,10] */
    float *loss;        /* [.] -log p(label) */
    uint8_t *correct;   /* [.] 1 if the first of the largest logits is the label's */
    uint8_t *predicted; /* [.] class of the first of the largest logits; NULL: not asked for */
    float *logits_gradient;        /* [.,10] of the mean loss over the whole batch */
    float *preactivation_gradient; /* [.,128] of dense1's sums, before ReLU and dropout */
    float *pooled_gradient; /* [.,12,12,64] of pooled, not yet gated by argmax nor scaled by 4/3 */
} cuda_activations;

/* Device memory of a run's parameters and what Adam needs, in lenet.h's layout. */
typedef struct cuda_parameters {
    float *values;      /* [LENET_PARAMETERS] */
    float *moment_m;    /* likewise */
    float *moment_v;    /* likewise */
    float *gradients;   /* likewise. That of dense1's kernel is there only if a step has several
                           micro-batches, or cuBLAS or cuda_dense1_gradient has computed it */
    float *conv2_slots; /* [CUDA_CONV_SLOTS][9*32*64 + 64] kernel and bias */
    float *conv1_slots; /* [CUDA_CONV_SLOTS][9*32 + 32] kernel and bias */
    float *head_slots;  /* [128*10 + 10 + 128] gradients of dense2's kernel and bias and dense1's
                           bias, added up over micro-batches */
    float *conv1_used; /* [9*32 + 32] conv1's kernel and bias of the last step's forward pass, which
                           cuda_update saves for cuda_conv1_output */
    double *loss_sum;  /* of the step's micro-batches so far */
    uint32_t *correct_sum; /* likewise */
} cuda_parameters;

/* A data set on the device. */
typedef struct cuda_data {
    uint8_t *images; /* [count,28,28] */
    uint8_t *labels; /* [count] */
    uint32_t count;
} cuda_data;

/* The sums of an evaluation over a whole data set. */
typedef struct cuda_sums {
    double loss_sum;
    uint32_t correct;
} cuda_sums;

#endif
