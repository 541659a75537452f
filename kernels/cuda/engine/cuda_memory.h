/* The device memory of a run: the size of each part, known before allocation, and its address.
 * Plain C, so that a build without CUDA can plan, too. */
#ifndef KERNELS_CUDA_MEMORY_H
#define KERNELS_CUDA_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "cuda_data.h"
#include "engine.h"

enum {
    /* Samples that evaluation and prediction compute at a time. Fixed, so that their bits do not
     * depend on the batch size or on the free memory. */
    CUDA_EVALUATION_BATCH = 512,
    /* Micro-batches are at most this large, so that 32 bits count the floats of any activation. */
    CUDA_MAX_MICRO_BATCH = 131072,
    CUDA_BLAS_WORKSPACE_BYTES = 32 << 20,
};

/* Device memory that must stay free beside a run's, for the driver and the libraries: code, graphs,
 * and the granularity of allocations. */
#define CUDA_RESERVE_BYTES (UINT64_C(96) << 20)

/* Device memory that a process takes before its first allocation, the kernels' code included. If
 * there is a device, `available` is already without it; a plan without a device must subtract it.
 * Not measured: it differs by device and driver, and is commonly 200 to 500 MiB. */
#define CUDA_CONTEXT_BYTES (UINT64_C(512) << 20)

typedef struct cuda_memory {
    /* The shape of the run, which decides the sizes of the parts. */
    engine_precision precision; /* never ENGINE_DEFAULT_PRECISION */
    uint32_t batch_size;
    uint32_t capacity;          /* samples of a micro-batch */
    uint32_t micro_batches;     /* of a whole step */
    uint32_t evaluation_splits; /* partial sums of dense1 in evaluation */
    uint32_t training_splits;
    bool blas_evaluates; /* which products are cuBLAS' */
    bool blas_forward;
    bool blas_backward;
    size_t sort_scratch_bytes;

    /* The parts. */
    cuda_data data[2]; /* by engine_set */
    uint32_t *order;
    uint64_t *keys;
    uint64_t *sorted;
    void *sort_scratch;
    cuda_parameters parameters;
    cuda_activations training;
    cuda_activations evaluation;
    uint8_t *predicted_images; /* [CUDA_EVALUATION_BATCH,28,28] */
    cuda_sums *sums;           /* of an evaluation */
    uint8_t *predicted;        /* likewise: classes, with room for the larger data set */
    engine_histogram *histogram;
    double *histogram_scratch;
    cuda_progress *progress;
    cuda_progress *first_step; /* all 0: a gradient's batch is the first of a run's */
    void *blas_workspace;      /* NULL if no product is cuBLAS' */
} cuda_memory;

/* The shape of a run with a configuration that engine_config_check and cuda_plan.h passed. */
cuda_memory cuda_memory_shape(const engine_config *config, engine_precision precision,
                              uint32_t training_count, uint32_t validation_count);

/* Returns the address of a part of `bytes` bytes (a multiple of 256); NULL ends the placing. */
typedef void *cuda_part_take(void *taker, uint64_t bytes);

/* Calls `take` for every part in turn; false if it returned NULL. */
ENGINE_MUST_CHECK bool cuda_memory_place(cuda_memory *memory, cuda_part_take *take, void *taker);

void cuda_memory_count(const cuda_memory *shape, engine_memory *out);

/* The largest micro-batch of this shape, up to its batch size, that fits into `available` bytes; 0
 * if none does. */
uint32_t cuda_memory_largest(const cuda_memory *shape, uint64_t available);

#endif
