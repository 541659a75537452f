/* The network of lenet.h, naive and in double: the oracle that engines are compared with.
 *
 * Plain loops in the order of the formulas, no blocking, no threads, double throughout. It draws
 * weights, orders and dropout masks from philox.h exactly as engines do and knows nothing of how
 * an engine computes. It is itself checked against central differences (check_reference.c) and
 * Keras (check_golden.c).
 *
 * Parameters, gradients and moments are arrays of LENET_PARAMETERS doubles in the layout of
 * lenet.h. Nothing here is thread-safe, but different passes and runs are independent. */
#ifndef LENET_REFERENCE_H
#define LENET_REFERENCE_H

#include <stdint.h>

#include "engine.h"
#include "lenet.h"

/* Which masks a forward pass uses; a NULL pointer to it means dropout off. */
typedef struct reference_dropout {
    uint64_t seed;
    uint64_t step; /* from 0 over the whole run */
} reference_dropout;

/* One forward pass with all that backward needs. Read the members freely; every array belongs to
 * the pass and holds `count` samples after reference_forward. */
typedef struct reference_pass {
    uint32_t capacity; /* samples it has room for */
    uint32_t count;    /* samples of the last forward pass */
    uint8_t *labels;   /* [count] */

    double *input;         /* [count,28,28], byte / 255 */
    double *conv1_before;  /* [count,26,26,32] before ReLU */
    double *conv1;         /* the same after ReLU */
    double *conv2_before;  /* [count,24,24,64] before ReLU */
    uint8_t *winner;       /* [count,12,12,64] the place (2 * row + column) in the 2x2 window of
                              the largest value after ReLU, the first of equal ones */
    double *pool_factor;   /* [count,12,12,64] 0 where dropped, else 1 / (1 - rate) */
    double *pool;          /* [count,12,12,64] after dropout */
    double *dense1_before; /* [count,128] before ReLU */
    double *dense1_factor; /* [count,128] like pool_factor */
    double *dense1;        /* [count,128] after ReLU and dropout */
    double *logits;        /* [count,10] */
    double *probabilities; /* [count,10] */

    double loss_sum;  /* sum over the samples of -log p(label) */
    uint32_t correct; /* the first of equal largest logits is the label's */

    double *pool_delta; /* workspace of backward, one sample: [12,12,64] */
    double *conv2_delta;
    double *conv1_delta;
} reference_pass;

/* NULL if out of memory; it takes about 1.2 MB a sample. */
reference_pass *reference_pass_create(uint32_t capacity);
void reference_pass_destroy(reference_pass *pass); /* NULL is allowed */

/* The network over `count` samples (1 .. capacity): data->images[samples[i]], or the first `count`
 * of the data if `samples` is NULL. */
void reference_forward(reference_pass *pass, const double *parameters, const engine_data *data,
                       const uint32_t *samples, uint32_t count, const reference_dropout *dropout);

/* The gradient of the last forward pass's mean loss, loss_sum / count, with its `parameters`.
 *
 * The gradient of ReLU at 0 is 0, and a pooling window's goes to the first of its equal maxima.
 * The loss has kinks: if a value before ReLU is nearly 0, or a window's two largest are nearly
 * equal, an engine may decide otherwise because of rounding. `flip_below` > 0 flips all decisions
 * that are closer than that (except exact zeros and exact ties, which rounding does not move); 0
 * computes the true gradient. The difference of the two bounds the effect of such decisions on a
 * gradient. Returns the number of flipped decisions. */
uint64_t reference_backward(reference_pass *pass, const double *parameters, double *gradient,
                            double flip_below);

/* A hash of all decisions of the last forward pass (ReLU open or shut, winner of each window). If
 * two passes have the same hash, both are on the same smooth piece of the loss. */
uint64_t reference_decisions(const reference_pass *pass);

/* Glorot uniform weights, rounded to float as engines hold them, and biases 0. */
void reference_initial_parameters(double *parameters, uint64_t seed);

/* order[count]: the samples in the order of an epoch (from 0). keys[count] is workspace. */
void reference_order(uint32_t *order, uint64_t *keys, uint32_t count, uint64_t seed,
                     uint64_t epoch);

/* Update `step` (from 1) of Adam as Keras defines it, on `count` values. */
void reference_adam(const engine_config *config, uint64_t step, uint32_t count, double *parameters,
                    double *m, double *v, const double *gradient);

/* A training run. All members may be read; parameters, m and v may also be written between
 * steps. It keeps pointers to the data's arrays. */
typedef struct reference_run {
    engine_config config; /* only batch_size, seed and Adam's four settings are used */
    engine_data training;
    uint64_t step; /* updates done */
    double *parameters;
    double *m;
    double *v;
    double *gradient; /* of the last step's mean loss */
    uint32_t *order;  /* [training.count] of the epoch of the last step */
    uint64_t *keys;   /* workspace of reference_order */
    reference_pass *pass;
} reference_run;

/* NULL if out of memory. The run starts at step 0 with the seed's initial parameters. */
reference_run *reference_run_create(const engine_config *config, const engine_data *training);
void reference_run_destroy(reference_run *run); /* NULL is allowed */

/* The forward and backward pass of the next step, without its update: pass and gradient are then
 * those of the step. A step never crosses an epoch's end. */
void reference_run_compute(reference_run *run, engine_step *out);

/* reference_run_compute, then Adam's update. */
void reference_run_step(reference_run *run, engine_step *out);

/* The whole data set with the run's parameters, dropout off. */
void reference_run_evaluate(reference_run *run, const engine_data *data, engine_result *out);

#endif
