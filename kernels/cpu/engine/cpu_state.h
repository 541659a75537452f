/* The state of the CPU engine: every buffer of a run, allocated once at its creation.
 *
 * cpu_memory.c sizes and allocates them, cpu_step.c and cpu_pass.c compute in them, cpu_tensors.c
 * reads tensors, cpu_threads.c counts threads, cpu_engine.c is the table that the run loop sees. */
#ifndef KERNELS_CPU_STATE_H
#define KERNELS_CPU_STATE_H

#include "cpu_kernels.h"
#include "engine.h"
#include "thread_pool.h"

enum {
    /* Samples that evaluation and prediction compute at a time. */
    CPU_EVALUATION_BATCH = 128,
    /* The convolutions' gradients are summed within at most this many groups of samples, then over
     * the groups. Only batch and micro-batch decide the groups, so the bits do not depend on the
     * number of threads. */
    CPU_MAX_GROUPS = 32,
};

/* The activations of one forward pass over up to `capacity` samples, [capacity, …] each. */
typedef struct cpu_activations {
    uint32_t capacity;
    float *pooled;      /* CPU_POOL_STRIDE floats a sample, after dropout */
    float *partial;     /* [splits][capacity,128] partial sums of dense1 */
    float *dense1;      /* [.,128] after ReLU and dropout */
    float *logits;      /* [.,10] */
    float *softmax;     /* [.,10] probabilities */
    double *loss;       /* [.] -log p(label) */
    uint8_t *predicted; /* [.] the class of the largest logit */
    uint8_t *argmax;    /* [.,9216]; scratch in evaluation */
    const uint8_t **image;
    uint8_t *label;
} cpu_activations;

struct engine {
    engine_config config;
    const cpu_kernels *kernels;
    thread_pool *pool;
    uint32_t threads;
    engine_plan plan;
    char message[160];

    engine_data data[2]; /* by engine_set; the caller's */
    uint32_t *order;     /* of `order_epoch` */
    uint64_t *order_scratch;
    uint64_t order_epoch;

    uint64_t steps_done;
    uint32_t last_samples; /* of the last step's last micro-batch; 0 without activations of one */

    float *parameters;       /* [LENET_PARAMETERS], like the moments and gradients padded to 16 */
    cpu_conv2 *conv2;        /* from the parameters, made before each forward pass */
    float *conv2_transposed; /* conv2/kernel as [64][3,3,32] */
    float *moment_m;
    float *moment_v;
    /* Of the last step. The gradient of dense1/kernel is stored only if the step had several
     * micro-batches, to add them up. Otherwise its update happens block by block in the cache, and
     * the gradient is computed again, block by block, when it is read. */
    float *gradients;
    bool dense1_gradient_kept;

    cpu_activations training;
    cpu_activations evaluation;
    /* Like the training's activations, [micro-batch, …] each. */
    float *conv1;                         /* [.,26,26,32] after ReLU */
    float *pooled_gradient;               /* CPU_POOL_STRIDE floats a sample */
    float *logits_gradient;               /* [.,10] */
    float *dense1_preactivation_gradient; /* [.,128], before ReLU and dropout */
    cpu_conv_gradients *groups;
    cpu_scratch *scratch; /* [threads] */

    engine_step ring[ENGINE_MAX_QUEUED_STEPS];
    uint32_t ring_first;
    uint32_t ring_count;
};

/* Stores the text for engine_api.message and returns the status. */
__attribute__((format(printf, 3, 4))) engine_status cpu_fail(engine *e, engine_status status,
                                                             const char *format, ...);

/* The table's functions of cpu_tensors.c. */
ENGINE_MUST_CHECK engine_status cpu_read_tensor(engine *e, const char *name, float *out,
                                                size_t capacity, size_t *count);
ENGINE_MUST_CHECK engine_status cpu_read_histogram(engine *e, const char *name,
                                                   engine_histogram *out);

/* The threads of a run: as many as the configuration names, or else its share of the usable
 * processors. */
uint32_t cpu_threads(const engine_config *config);

/* As in engine_plan. 1 if the configuration names threads, since then the caller divides the
 * processors. */
uint32_t cpu_side_by_side(const engine_config *config);

/* The memory that a run needs; engine_config_check has passed. */
void cpu_memory_plan(const engine_config *config, uint32_t training_count, uint32_t threads,
                     engine_memory *out);

/* Allocates and zeroes every buffer. -1 without memory; then none is allocated. */
ENGINE_MUST_CHECK int cpu_memory_take(engine *e, uint32_t training_count);
void cpu_memory_release(engine *e);

/* Updates conv2_transposed from the parameters. */
void cpu_transpose_conv2(engine *e);

/* One training step; its metrics go to the ring, which must have room. False if the run is stopped:
 * then the step was not begun, or was broken off with the state unchanged. */
ENGINE_MUST_CHECK bool cpu_step(engine *e);

/* Computes the gradient of the mean loss into e->gradients: without dropout, of the samples
 * [first, first + count) in the first epoch's order. */
void cpu_make_gradient(engine *e, uint32_t first, uint32_t count);

/* Forward pass without dropout over evaluation.image[0 .. n) (n at most CPU_EVALUATION_BATCH); sets
 * losses and predicted classes if `labelled`. */
void cpu_forward_evaluation(engine *e, uint32_t n, bool labelled);

#endif
