/* The run's device memory as one list of buffers, walked once to count and once to take. */
#include "cuda_state.h"

#include <stddef.h>
#include <string.h>

#include "cuda_sort.h"

/* Counts a buffer to a part, and takes it with `take`. */
typedef struct walk {
    engine *e;
    bool take;
    bool failed;
    engine_memory memory;
} walk;

enum { ALIGNMENT = 256 }; /* of cudaMalloc */

static void *buffer(walk *w, uint64_t *part, uint64_t count, size_t element_bytes)
{
    engine *e = w->e;
    /* Counts are products of 32-bit numbers and small constants, far from overflow in 64 bits. */
    const uint64_t wanted = count * element_bytes;
    const uint64_t bytes =
        wanted == 0 ? ALIGNMENT : (wanted + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    void *memory = NULL;
    *part += bytes;
    w->memory.total += bytes;
    if (!w->take || w->failed) {
        return NULL;
    }
    if (e->buffer_count == CUDA_MAX_BUFFERS ||
        !cuda_ok(e, "cudaMalloc", cudaMalloc(&memory, (size_t)bytes))) {
        w->failed = true;
        return NULL;
    }
    e->buffers[e->buffer_count++] = memory;
    return memory;
}

static void walk_data(walk *w, cuda_data *data)
{
    uint64_t *part = &w->memory.data;
    data->images = buffer(w, part, (uint64_t)data->count * LENET_IMAGE_PIXELS, 1);
    data->labels = buffer(w, part, data->count, 1);
}

static void walk_forward(walk *w, cuda_activations *a, uint64_t capacity, uint32_t splits,
                         uint64_t *part)
{
    a->pooled = buffer(w, part, capacity * LENET_FLAT, sizeof(float));
    a->route = buffer(w, part, capacity * LENET_FLAT, 1);
    a->partial = buffer(w, part, splits * capacity * LENET_DENSE1, sizeof(float));
    a->dense1 = buffer(w, part, capacity * LENET_DENSE1, sizeof(float));
    a->logits = buffer(w, part, capacity * LENET_CLASSES, sizeof(float));
    a->softmax = buffer(w, part, capacity * LENET_CLASSES, sizeof(float));
    a->loss = buffer(w, part, capacity, sizeof(float));
    a->correct = buffer(w, part, capacity, 1);
}

static void walk_parameters(walk *w, cuda_parameters *p)
{
    engine_memory *m = &w->memory;
    const uint64_t conv1 = LENET_CONV2_KERNEL_AT - LENET_CONV1_KERNEL_AT;
    const uint64_t conv2 = LENET_DENSE1_KERNEL_AT - LENET_CONV2_KERNEL_AT;
    const uint64_t head = LENET_PARAMETERS - LENET_DENSE1_BIAS_AT;
    p->values = buffer(w, &m->parameters, LENET_PARAMETERS, sizeof(float));
    p->conv1_used = buffer(w, &m->parameters, conv1, sizeof(float));
    p->moment_m = buffer(w, &m->optimizer, LENET_PARAMETERS, sizeof(float));
    p->moment_v = buffer(w, &m->optimizer, LENET_PARAMETERS, sizeof(float));
    p->gradients = buffer(w, &m->gradients, LENET_PARAMETERS, sizeof(float));
    p->conv2_slots = buffer(w, &m->gradients, CUDA_CONV_SLOTS * conv2, sizeof(float));
    p->conv1_slots = buffer(w, &m->gradients, CUDA_CONV_SLOTS * conv1, sizeof(float));
    p->head_slots = buffer(w, &m->gradients, head, sizeof(float));
}

static void walk_workspace(walk *w)
{
    engine *e = w->e;
    uint64_t *part = &w->memory.workspace;
    const uint64_t training_count = e->data[ENGINE_TRAINING].count;
    const uint64_t validation_count = e->data[ENGINE_VALIDATION].count;
    walk_forward(w, &e->evaluation, CUDA_EVALUATION_BATCH, e->evaluation_splits, part);
    e->predicted_images = buffer(w, part, CUDA_EVALUATION_BATCH * LENET_IMAGE_PIXELS, 1);
    e->keys = buffer(w, part, training_count, sizeof(uint64_t));
    e->sorted = buffer(w, part, training_count, sizeof(uint64_t));
    e->sort_scratch = buffer(w, part, e->sort_scratch_bytes, 1);
    e->histogram = buffer(w, part, 1, sizeof(engine_histogram));
    e->histogram_scratch = buffer(w, part, CUDA_HISTOGRAM_SCRATCH_DOUBLES, sizeof(double));
    e->sums = buffer(w, part, 1, sizeof(cuda_sums));
    e->predicted =
        buffer(w, part, training_count > validation_count ? training_count : validation_count, 1);
    e->progress = buffer(w, part, 1, sizeof(cuda_progress));
    e->parameters.loss_sum = buffer(w, part, 1, sizeof(double));
    e->parameters.correct_sum = buffer(w, part, 1, sizeof(uint32_t));
    if (e->blas_evaluates || e->blas_forward || e->blas_backward) {
        e->blas_workspace = buffer(w, part, CUDA_BLAS_WORKSPACE_BYTES, 1);
    }
}

static void walk_buffers(walk *w)
{
    engine *e = w->e;
    engine_memory *m = &w->memory;
    cuda_activations *a = &e->training;
    const uint64_t capacity = e->capacity;
    walk_data(w, &e->data[ENGINE_TRAINING]);
    walk_data(w, &e->data[ENGINE_VALIDATION]);
    e->order = buffer(w, &m->data, e->data[ENGINE_TRAINING].count, sizeof(uint32_t));
    walk_parameters(w, &e->parameters);
    walk_forward(w, a, capacity, e->training_splits, &m->activations);
    a->logits_gradient = buffer(w, &m->activations, capacity * LENET_CLASSES, sizeof(float));
    a->sums_gradient = buffer(w, &m->activations, capacity * LENET_DENSE1, sizeof(float));
    a->pooled_gradient = buffer(w, &m->activations, capacity * LENET_FLAT, sizeof(float));
    walk_workspace(w);
}

/* What depends on the size of a micro-batch. */
static void shape_capacity(engine *e, uint32_t capacity)
{
    const engine_precision precision = e->plan.precision;
    e->capacity = capacity;
    e->micro_batches = (e->config.batch_size - 1) / capacity + 1;
    e->blas_forward = cuda_blas_is_chosen(CUDA_DENSE1_FORWARD, precision, capacity);
    e->blas_backward = cuda_blas_is_chosen(CUDA_DENSE1_BACKWARD, precision, capacity);
    e->training_splits = e->blas_forward ? 1 : CUDA_DENSE1_SPLITS;
}

bool cuda_memory_shape(engine *e, uint32_t training_count, uint32_t validation_count)
{
    const engine_config *config = &e->config;
    e->data[ENGINE_TRAINING].count = training_count;
    e->data[ENGINE_VALIDATION].count = validation_count;
    e->blas_evaluates =
        cuda_blas_is_chosen(CUDA_DENSE1_FORWARD, e->plan.precision, CUDA_EVALUATION_BATCH);
    e->evaluation_splits = e->blas_evaluates ? 1 : CUDA_DENSE1_SPLITS;
    shape_capacity(e, config->micro_batch == 0 ? config->batch_size : config->micro_batch);
    return cuda_ok(e, "cuda_sort_scratch_bytes",
                   cuda_sort_scratch_bytes(training_count, &e->sort_scratch_bytes));
}

void cuda_memory_plan(const engine *e, engine_memory *out)
{
    engine shape = *e;
    walk w = {.e = &shape};
    walk_buffers(&w);
    *out = w.memory;
}

/* Tries every size from the top: where cuBLAS takes over, a larger one may take less. */
uint32_t cuda_memory_largest(const engine *e, uint64_t available)
{
    engine shape = *e;
    const uint32_t most = e->config.batch_size;
    for (uint32_t n = most < CUDA_MAX_MICRO_BATCH ? most : CUDA_MAX_MICRO_BATCH; n > 0; n--) {
        walk w = {.e = &shape};
        shape_capacity(&shape, n);
        walk_buffers(&w);
        if (w.memory.total <= available) {
            return n;
        }
    }
    return 0;
}

bool cuda_memory_take(engine *e)
{
    walk w = {.e = e, .take = true};
    walk_buffers(&w);
    return !w.failed;
}

void cuda_memory_release(engine *e)
{
    for (uint32_t i = e->buffer_count; i > 0; i--) {
        cudaFree(e->buffers[i - 1]);
    }
    e->buffer_count = 0;
}
