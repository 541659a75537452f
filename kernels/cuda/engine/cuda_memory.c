/* The run's device memory as one list of parts, walked once to count and once to allocate. */
#include "cuda_memory.h"

#include <stdlib.h>
#include <string.h>

/* What cuBLAS computes of dense1. */
typedef enum cuda_product { CUDA_DENSE1_FORWARD = 0, CUDA_DENSE1_BACKWARD = 1 } cuda_product;

/* The number of samples from which on cuBLAS is used, by precision and product. Not measured on any
 * device yet. Small batches use our own kernels, because there launches bound cuBLAS, and its last
 * pass cannot include Adam's update. Large batches use cuBLAS, which saves the memory of the
 * partial sums. */
static const struct {
    engine_precision precision;
    uint32_t from[2]; /* by cuda_product */
} choices[] = {
    {ENGINE_FP32, {1024, 1024}},
    {ENGINE_TF32, {1024, 1024}},
    {ENGINE_BF16, {1024, 1024}},
};

/* Does cuBLAS compute the product for up to `samples` samples at a time? LENET_DENSE1 in the
 * environment, "own" or "cublas", overrides the table, to compare both. */
static bool blas_is_chosen(cuda_product product, engine_precision precision, uint32_t samples)
{
    const char *only = getenv("LENET_DENSE1");
    if (only != NULL && strcmp(only, "own") == 0) {
        return false;
    }
    if (only != NULL && strcmp(only, "cublas") == 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        if (choices[i].precision == precision) {
            return samples >= choices[i].from[product];
        }
    }
    return false;
}

/* Gets the address of each part from `take`, and adds up the sizes by part. */
typedef struct walk {
    cuda_memory *memory;
    cuda_part_take *take; /* NULL: only counts */
    void *taker;
    bool failed;
    engine_memory counted;
} walk;

enum { ALIGNMENT = 256 }; /* of cudaMalloc */

static void *buffer(walk *w, uint64_t *part, uint64_t count, size_t element_bytes)
{
    /* Counts are products of 32-bit numbers and small constants, far from overflow in 64 bits. */
    const uint64_t wanted = count * element_bytes;
    const uint64_t bytes =
        wanted == 0 ? ALIGNMENT : (wanted + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *part += bytes;
    w->counted.total += bytes;
    if (w->take == NULL || w->failed) {
        return NULL;
    }
    void *memory = w->take(w->taker, bytes);
    w->failed = memory == NULL;
    return memory;
}

static void walk_data(walk *w, cuda_data *data)
{
    uint64_t *part = &w->counted.data;
    data->images = buffer(w, part, (uint64_t)data->count * LENET_IMAGE_PIXELS, 1);
    data->labels = buffer(w, part, data->count, 1);
}

static void walk_forward(walk *w, cuda_activations *a, uint64_t capacity, uint32_t splits,
                         uint64_t *part)
{
    a->pooled = buffer(w, part, capacity * LENET_FLAT, sizeof(float));
    a->partial = buffer(w, part, splits * capacity * LENET_DENSE1, sizeof(float));
    a->dense1 = buffer(w, part, capacity * LENET_DENSE1, sizeof(float));
    a->logits = buffer(w, part, capacity * LENET_CLASSES, sizeof(float));
    a->softmax = buffer(w, part, capacity * LENET_CLASSES, sizeof(float));
    a->loss = buffer(w, part, capacity, sizeof(float));
    a->correct = buffer(w, part, capacity, 1);
}

static void walk_parameters(walk *w, cuda_parameters *p)
{
    engine_memory *counted = &w->counted;
    const uint64_t conv1 = LENET_CONV2_KERNEL_AT - LENET_CONV1_KERNEL_AT;
    const uint64_t conv2 = LENET_DENSE1_KERNEL_AT - LENET_CONV2_KERNEL_AT;
    const uint64_t head = LENET_PARAMETERS - LENET_DENSE1_BIAS_AT;
    p->values = buffer(w, &counted->parameters, LENET_PARAMETERS, sizeof(float));
    p->conv1_used = buffer(w, &counted->parameters, conv1, sizeof(float));
    p->moment_m = buffer(w, &counted->optimizer, LENET_PARAMETERS, sizeof(float));
    p->moment_v = buffer(w, &counted->optimizer, LENET_PARAMETERS, sizeof(float));
    p->gradients = buffer(w, &counted->gradients, LENET_PARAMETERS, sizeof(float));
    p->conv2_slots = buffer(w, &counted->gradients, CUDA_CONV_SLOTS * conv2, sizeof(float));
    p->conv1_slots = buffer(w, &counted->gradients, CUDA_CONV_SLOTS * conv1, sizeof(float));
    p->head_slots = buffer(w, &counted->gradients, head, sizeof(float));
}

static void walk_workspace(walk *w)
{
    cuda_memory *m = w->memory;
    uint64_t *part = &w->counted.workspace;
    const uint64_t training_count = m->data[ENGINE_TRAINING].count;
    const uint64_t validation_count = m->data[ENGINE_VALIDATION].count;
    walk_forward(w, &m->evaluation, CUDA_EVALUATION_BATCH, m->evaluation_splits, part);
    m->predicted_images = buffer(w, part, CUDA_EVALUATION_BATCH * LENET_IMAGE_PIXELS, 1);
    m->keys = buffer(w, part, training_count, sizeof(uint64_t));
    m->sorted = buffer(w, part, training_count, sizeof(uint64_t));
    m->sort_scratch = buffer(w, part, m->sort_scratch_bytes, 1);
    m->histogram = buffer(w, part, 1, sizeof(engine_histogram));
    m->histogram_scratch = buffer(w, part, CUDA_HISTOGRAM_SCRATCH_DOUBLES, sizeof(double));
    m->sums = buffer(w, part, 1, sizeof(cuda_sums));
    m->predicted =
        buffer(w, part, training_count > validation_count ? training_count : validation_count, 1);
    m->progress = buffer(w, part, 1, sizeof(cuda_progress));
    m->first_step = buffer(w, part, 1, sizeof(cuda_progress));
    m->parameters.loss_sum = buffer(w, part, 1, sizeof(double));
    m->parameters.correct_sum = buffer(w, part, 1, sizeof(uint32_t));
    if (m->blas_evaluates || m->blas_forward || m->blas_backward) {
        m->blas_workspace = buffer(w, part, CUDA_BLAS_WORKSPACE_BYTES, 1);
    }
}

static void walk_buffers(walk *w)
{
    cuda_memory *m = w->memory;
    engine_memory *counted = &w->counted;
    cuda_activations *a = &m->training;
    const uint64_t capacity = m->capacity;
    walk_data(w, &m->data[ENGINE_TRAINING]);
    walk_data(w, &m->data[ENGINE_VALIDATION]);
    m->order = buffer(w, &counted->data, m->data[ENGINE_TRAINING].count, sizeof(uint32_t));
    walk_parameters(w, &m->parameters);
    walk_forward(w, a, capacity, m->training_splits, &counted->activations);
    a->argmax = buffer(w, &counted->activations, capacity * LENET_FLAT, 1);
    a->logits_gradient = buffer(w, &counted->activations, capacity * LENET_CLASSES, sizeof(float));
    a->preactivation_gradient =
        buffer(w, &counted->activations, capacity * LENET_DENSE1, sizeof(float));
    a->pooled_gradient = buffer(w, &counted->activations, capacity * LENET_FLAT, sizeof(float));
    walk_workspace(w);
}

/* What depends on the size of a micro-batch. */
static void shape_capacity(cuda_memory *m, uint32_t capacity)
{
    m->capacity = capacity;
    m->micro_batches = (m->batch_size - 1) / capacity + 1;
    m->blas_forward = blas_is_chosen(CUDA_DENSE1_FORWARD, m->precision, capacity);
    m->blas_backward = blas_is_chosen(CUDA_DENSE1_BACKWARD, m->precision, capacity);
    m->training_splits = m->blas_forward ? 1 : CUDA_DENSE1_SPLITS;
}

/* An upper bound of what CUB's sort needs, since it cannot be asked without a device: the keys a
 * second time and, for each thousand or so of them, 256 counters per pass. */
static size_t sort_scratch_bound(uint32_t count)
{
    return 16 * (size_t)count + (1 << 20);
}

cuda_memory cuda_memory_shape(const engine_config *config, engine_precision precision,
                              uint32_t training_count, uint32_t validation_count)
{
    cuda_memory m = {
        .precision = precision,
        .batch_size = config->batch_size,
        .blas_evaluates = blas_is_chosen(CUDA_DENSE1_FORWARD, precision, CUDA_EVALUATION_BATCH),
        .sort_scratch_bytes = sort_scratch_bound(training_count),
    };
    m.evaluation_splits = m.blas_evaluates ? 1 : CUDA_DENSE1_SPLITS;
    m.data[ENGINE_TRAINING].count = training_count;
    m.data[ENGINE_VALIDATION].count = validation_count;
    shape_capacity(&m, engine_config_capacity(config));
    return m;
}

bool cuda_memory_place(cuda_memory *memory, cuda_part_take *take, void *taker)
{
    walk w = {.memory = memory, .take = take, .taker = taker};
    walk_buffers(&w);
    return !w.failed;
}

void cuda_memory_count(const cuda_memory *shape, engine_memory *out)
{
    cuda_memory m = *shape;
    walk w = {.memory = &m};
    walk_buffers(&w);
    *out = w.counted;
}

/* Tries every size from the largest down. A larger one may need less memory, because from some size
 * on cuBLAS replaces the partial sums. */
uint32_t cuda_memory_largest(const cuda_memory *shape, uint64_t available)
{
    cuda_memory m = *shape;
    const uint32_t most = m.batch_size;
    for (uint32_t n = most < CUDA_MAX_MICRO_BATCH ? most : CUDA_MAX_MICRO_BATCH; n > 0; n--) {
        engine_memory counted;
        shape_capacity(&m, n);
        cuda_memory_count(&m, &counted);
        if (counted.total <= available) {
            return n;
        }
    }
    return 0;
}
