/* Tensors by name, read whole or as histograms, which are computed on the device. */
#include <stdio.h>
#include <string.h>

#include "cuda_state.h"

/* A tensor as `rows` contiguous runs of `width` floats. The output of conv1, which no step stores,
 * is computed again from the last step's samples, from `first` on in the order. */
typedef struct tensor {
    const float *from; /* device memory; NULL if it is computed */
    uint64_t rows;
    uint32_t width;
    uint32_t first;
} tensor;

/* The samples of the last step whose activations are still there: those of its last micro-batch
 * that had any. *first is their place in the epoch's order. */
static uint32_t samples_at_hand(const engine *e, uint32_t *first)
{
    const uint64_t index = e->made - 1;
    const uint32_t samples = cuda_step_samples(e, index);
    const uint32_t before = (samples - 1) / e->memory.capacity * e->memory.capacity;
    *first = (uint32_t)(index % cuda_steps_per_epoch(e) * e->config.batch_size) + before;
    return samples - before;
}

static const char *behind_prefix(const char *name, const char *prefix)
{
    const size_t length = strlen(prefix);
    return strncmp(name, prefix, length) == 0 ? name + length : NULL;
}

static bool find_parameter(const engine *e, const char *name, bool gradient, tensor *out)
{
    const float *all = gradient ? e->memory.parameters.gradients : e->memory.parameters.values;
    for (size_t t = 0; t < LENET_TENSORS; t++) {
        if (strcmp(name, lenet_tensors[t].name) == 0) {
            *out = (tensor){all + lenet_tensors[t].offset, 1, lenet_tensors[t].count, 0};
            return true;
        }
    }
    return false;
}

static bool find_activation(const engine *e, const char *name, tensor *out)
{
    uint32_t first;
    const uint32_t n = samples_at_hand(e, &first);
    const tensor conv1 = {NULL, n, LENET_CONV1_FLOATS, first};
    const struct {
        const char *name;
        tensor tensor;
    } activations[] = {
        {"conv1", conv1},
        {"pool", {e->memory.training.pooled, n, LENET_FLAT, 0}},
        {"dense1", {e->memory.training.dense1, n, LENET_DENSE1, 0}},
        {"logits", {e->memory.training.logits, n, LENET_CLASSES, 0}},
    };
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++) {
        if (strcmp(name, activations[i].name) == 0) {
            *out = activations[i].tensor;
            return true;
        }
    }
    return false;
}

/* Stores the gradient of dense1's kernel, if the step's update used it without storing it. */
static bool make_gradient(engine *e, const tensor *t)
{
    const cuda_parameters *p = &e->memory.parameters;
    uint32_t first;
    if (t->from != p->gradients + LENET_DENSE1_KERNEL_AT || e->memory.blas_backward ||
        e->memory.micro_batches > 1) {
        return true;
    }
    return cuda_ok(e, "cuda_dense1_gradient",
                   cuda_dense1_gradient(samples_at_hand(e, &first), &e->memory.training, p,
                                        e->plan.precision, e->stream));
}

static engine_status find_tensor(engine *e, const char *name, tensor *out)
{
    if (e->failure != ENGINE_OK) {
        return ENGINE_FAILED;
    }
    const char *gradient = behind_prefix(name, "gradient/");
    const char *activation = behind_prefix(name, "activation/");
    if ((gradient != NULL || activation != NULL) && e->made == 0) {
        return cuda_fail(e, ENGINE_INVALID, "no step has computed tensor '%s' yet", name);
    }
    const bool found = activation != NULL ? find_activation(e, activation, out)
                       : gradient != NULL ? find_parameter(e, gradient, true, out)
                                          : find_parameter(e, name, false, out);
    if (!found) {
        return cuda_fail(e, ENGINE_INVALID, "there is no tensor '%s'", name);
    }
    return ENGINE_OK;
}

/* Some rows of a tensor on the device. */
typedef struct chunk {
    const float *values;
    uint32_t count; /* floats */
} chunk;

/* The rows from `row` on, as many as one call can return; *next is the row after them. Rows that
 * are computed go into the evaluation's activations. */
static bool make_chunk(engine *e, const tensor *t, uint64_t row, uint64_t *next, chunk *out)
{
    if (t->from != NULL) {
        *out = (chunk){t->from, (uint32_t)(t->rows * t->width)};
        *next = t->rows;
        return true;
    }
    const uint64_t room = (uint64_t)CUDA_EVALUATION_BATCH * LENET_FLAT / t->width;
    const uint32_t n = (uint32_t)(t->rows - row < room ? t->rows - row : room);
    const cuda_data *data = &e->memory.data[ENGINE_TRAINING];
    const cuda_batch batch = {
        .images = data->images,
        .order = e->memory.order,
        .count = data->count,
        .batch_size = e->config.batch_size,
        .first = t->first + (uint32_t)row,
        .n = n,
        .capacity = n,
    };
    *out = (chunk){e->memory.evaluation.pooled, n * t->width};
    *next = row + n;
    return cuda_ok(e, "cuda_conv1_output",
                   cuda_conv1_output(&batch, e->memory.parameters.conv1_used,
                                     e->memory.evaluation.pooled, e->stream));
}

engine_status cuda_read_tensor(engine *e, const char *name, float *out, size_t capacity,
                               size_t *count)
{
    tensor t;
    *count = 0;
    const engine_status status = find_tensor(e, name, &t);
    if (status != ENGINE_OK) {
        return status;
    }
    *count = (size_t)t.rows * t.width;
    if (capacity < *count) {
        return cuda_fail(e, ENGINE_INVALID, "tensor '%s' has %zu floats, there is room for %zu",
                         name, *count, capacity);
    }
    if (!cuda_enter(e) || !make_gradient(e, &t)) {
        return ENGINE_FAILED;
    }
    for (uint64_t row = 0; row < t.rows;) {
        chunk part;
        float *to = out + row * t.width;
        if (!make_chunk(e, &t, row, &row, &part) ||
            !cuda_download(e, to, part.values, part.count * sizeof *to)) {
            return ENGINE_FAILED;
        }
    }
    return cuda_wait(e) ? ENGINE_OK : ENGINE_FAILED;
}

static bool add_limits(engine *e, const chunk *part, bool first)
{
    return cuda_ok(e, "cuda_histogram_limits",
                   cuda_histogram_limits(part->values, part->count, first, e->memory.histogram,
                                         e->memory.histogram_scratch, e->stream));
}

static bool add_buckets(engine *e, const chunk *part)
{
    return cuda_ok(
        e, "cuda_histogram_buckets",
        cuda_histogram_buckets(part->values, part->count, e->memory.histogram, e->stream));
}

engine_status cuda_read_histogram(engine *e, const char *name, engine_histogram *out)
{
    tensor t;
    const engine_status status = find_tensor(e, name, &t);
    if (status != ENGINE_OK) {
        return status;
    }
    if (!cuda_enter(e) || !make_gradient(e, &t)) {
        return ENGINE_FAILED;
    }
    for (int pass = 0; pass < 2; pass++) {
        for (uint64_t row = 0; row < t.rows;) {
            chunk part;
            const bool first = row == 0;
            if (!make_chunk(e, &t, row, &row, &part) ||
                !(pass == 0 ? add_limits(e, &part, first) : add_buckets(e, &part))) {
                return ENGINE_FAILED;
            }
        }
    }
    return cuda_download(e, out, e->memory.histogram, sizeof *out) && cuda_wait(e) ? ENGINE_OK
                                                                                   : ENGINE_FAILED;
}
