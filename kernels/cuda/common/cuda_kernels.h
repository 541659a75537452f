/* The kernels of the CUDA engine as its host side sees them: one launcher per kernel, which queues
 * one launch on a stream and returns its error. No launcher waits, allocates or copies.
 *
 * A training step over a batch of N samples, in micro-batches of at most `capacity` samples:
 *
 *   for each micro-batch:
 *     cuda_conv_forward     gather, conv1, conv2, bias, ReLU, max pooling, dropout
 *                           -> pooled, argmax
 *     cuda_dense1_forward   pooled . kernel -> partial sums              (or cuBLAS, cuda_blas.h)
 *     cuda_head             sums, bias, ReLU, dropout, dense2, softmax, loss and their gradients
 *     cuda_head_gradients   the small gradients and the metrics, summed over the samples
 *     cuda_dense1_backward  gradients of pooled and of the kernel; after the last micro-batch its
 *                           Adam update in the same pass    (or cuBLAS, then cuda_adam_dense1)
 *     cuda_conv1_weights    gradient of conv1's output, and from it of conv1's kernel and bias,
 *                           in slots
 *     cuda_conv2_weights    gradient of conv2's kernel and bias, in slots
 *   cuda_update             sums the slots in order, updates all but dense1's kernel, writes the
 *                           step's metrics to the ring, counts the step
 *
 * In a short last batch the last micro-batches may have no samples. They add nothing, and the last
 * one still makes dense1's update.
 *
 * conv1's output is never stored. Each kernel that needs it computes it again from the image's
 * bytes in shared memory (0.4 MFLOP per sample instead of 86 KB of traffic). The step's number is
 * in device memory (cuda_progress), so that one captured graph serves every step, even the short
 * last batch (unless cuBLAS is used).
 *
 * All sums have an order fixed by the batch size and the precision; there are no atomics on floats.
 * The precision is that of the operands of conv2's and dense1's products: fp32; tf32 (rounded to
 * nearest, ties away, as cvt.rna does); bf16 (to nearest even). Sums and everything else are fp32.
 * cuBLAS rounds the operands of its products in its own way. */
#ifndef KERNELS_CUDA_KERNELS_H
#define KERNELS_CUDA_KERNELS_H

#include <cuda_runtime.h>
#include <stdbool.h>
#include <stdint.h>

#include "cuda_data.h"
#include "engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which samples a launch works on. */
typedef struct cuda_batch {
    const uint8_t *images; /* [count,28,28] */
    const uint8_t *labels; /* [count], or NULL if there are none (prediction) */
    const uint32_t *order; /* [count] the epoch's order, or NULL for the order in memory */
    uint32_t count;
    /* In training, and for a gradient alone: the samples are those of micro-batch `micro_index` of
     * step `progress->step`. NULL otherwise: the samples are first .. first + n - 1. */
    const cuda_progress *progress;
    uint32_t batch_size;  /* of a whole step, before the short last batch */
    uint32_t micro_index; /* 0 .. ceil(batch_size / capacity) - 1 */
    uint32_t first;
    uint32_t n;        /* at most capacity */
    uint32_t capacity; /* samples that the activations have room for */
    uint64_t seed;     /* of the dropout masks */
    bool dropout;
} cuda_batch;

typedef struct cuda_adam_settings {
    double learning_rate;
    double beta_1;
    double beta_2;
    double epsilon;
} cuda_adam_settings;

/* The ring of step metrics: pinned host memory, written by cuda_update in the order of steps. The
 * fields of an entry are written before its `step` becomes visible to the host; entry of step s is
 * (s - 1) % ENGINE_MAX_QUEUED_STEPS. */
typedef struct cuda_ring {
    engine_step entries[ENGINE_MAX_QUEUED_STEPS];
} cuda_ring;

/* Call it once per process and device, before anything else: loads all kernels and raises their
 * limits of shared memory. A capture must not load the kernels of a step, and loading another at
 * its first use would make other runs wait. */
cudaError_t cuda_kernels_prepare(void);

/* Begins a run, or continues one after an import, with `step` steps done. */
cudaError_t cuda_set_progress(cuda_progress *progress, uint64_t step,
                              const cuda_adam_settings *adam, cudaStream_t stream);

cudaError_t cuda_conv_forward(const cuda_batch *batch, const cuda_activations *a,
                              const float *parameters, engine_precision precision,
                              cudaStream_t stream);

/* partial[split] of each sample; cuda_head adds them in order. */
cudaError_t cuda_dense1_forward(const cuda_batch *batch, const cuda_activations *a,
                                const float *parameters, engine_precision precision,
                                cudaStream_t stream);

/* From partial[0 .. splits) to logits and softmax; to predicted, if that is not NULL; to loss and
 * correct, if there are labels; in training (batch->progress) also to the gradients of logits and
 * of dense1's sums. */
cudaError_t cuda_head(const cuda_batch *batch, const cuda_activations *a, const float *parameters,
                      uint32_t splits, cudaStream_t stream);

/* The small gradients of the micro-batch (dense2, dense1's bias) and its metrics, summed over its
 * samples in order: overwrites at micro_index 0, else adds. */
cudaError_t cuda_head_gradients(const cuda_batch *batch, const cuda_activations *a,
                                const cuda_parameters *p, cudaStream_t stream);

/* Computes pooled_gradient and the gradient of dense1's kernel. The latter is added up in
 * p->gradients until the last micro-batch of the step (`last`), which updates the kernel and its
 * moments in the same pass. If a step has one micro-batch, the gradient is never written to
 * memory. */
cudaError_t cuda_dense1_backward(const cuda_batch *batch, const cuda_activations *a,
                                 const cuda_parameters *p, const cuda_adam_settings *adam,
                                 bool last, engine_precision precision, cudaStream_t stream);

/* The gradient of dense1's kernel alone, into p->gradients, from the pooled and
 * preactivation_gradient that a step left there; n samples as in a batch without progress. */
cudaError_t cuda_dense1_gradient(uint32_t n, const cuda_activations *a, const cuda_parameters *p,
                                 engine_precision precision, cudaStream_t stream);

/* Overwrite the slots at micro_index 0, otherwise add to them. The two are independent and may run
 * at the same time; cuda_head_gradients may run at the same time as everything after cuda_head. */
cudaError_t cuda_conv2_weights(const cuda_batch *batch, const cuda_activations *a,
                               const cuda_parameters *p, engine_precision precision,
                               cudaStream_t stream);
cudaError_t cuda_conv1_weights(const cuda_batch *batch, const cuda_activations *a,
                               const cuda_parameters *p, engine_precision precision,
                               cudaStream_t stream);

/* Sums slots into p->gradients; updates every tensor but dense1's kernel; writes the ring's entry
 * and then counts the step in `progress`. `batch` is that of any of the step's micro-batches. */
cudaError_t cuda_update(const cuda_batch *batch, const cuda_parameters *p,
                        const cuda_adam_settings *adam, cuda_progress *progress, cuda_ring *ring,
                        cudaStream_t stream);

/* The sums alone, at the end of a gradient without an update. */
cudaError_t cuda_gradients(const cuda_batch *batch, const cuda_parameters *p, cudaStream_t stream);

/* Adam's update of dense1's kernel from p->gradients, if cuBLAS has computed the gradient. */
cudaError_t cuda_adam_dense1(const cuda_parameters *p, const cuda_adam_settings *adam,
                             const cuda_progress *progress, cudaStream_t stream);

/* Sums loss[0 .. n) and correct[0 .. n) in a fixed order and adds them to *loss_sum,
 * *correct_sum. */
cudaError_t cuda_evaluation_sums(const cuda_activations *a, uint32_t n, double *loss_sum,
                                 uint32_t *correct_sum, cudaStream_t stream);

/* conv1's output [n,26,26,32] after ReLU, for read_tensor. `conv1` is its kernel and bias, as
 * conv1_used has them. The batch has no progress: its samples are order[first .. first + n). */
cudaError_t cuda_conv1_output(const cuda_batch *batch, const float *conv1, float *out,
                              cudaStream_t stream);

/* keys[count] = (word << 32 | sample) of the epoch's order (philox.h); sorted elsewhere. */
cudaError_t cuda_order_keys(uint64_t *keys, uint32_t count, uint64_t seed, uint64_t epoch,
                            cudaStream_t stream);
cudaError_t cuda_order_from_keys(uint32_t *order, const uint64_t *keys, uint32_t count,
                                 cudaStream_t stream);

/* A histogram of a tensor that is read in chunks, with the same bits every time. First call
 * cuda_histogram_limits for each chunk: it updates min, max, sums and counts in *out, beginning
 * anew if `first`; min and max are 0 while no value is finite. Then call cuda_histogram_buckets for
 * each chunk: it adds to the buckets. *out is device memory. */
cudaError_t cuda_histogram_limits(const float *values, uint32_t count, bool first,
                                  engine_histogram *out, double *scratch, cudaStream_t stream);
cudaError_t cuda_histogram_buckets(const float *values, uint32_t count, engine_histogram *out,
                                   cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
