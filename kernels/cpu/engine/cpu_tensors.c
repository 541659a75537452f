/* Tensors by name, read whole or as histograms. */
#include "cpu_state.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A tensor as `rows` runs of `width` floats, `stride` apart from `from` on. If `from` is NULL the
 * rows are computed on demand: dense1's weight gradient, by blocks. */
typedef struct tensor {
    engine *e;
    const float *from;
    size_t rows;
    size_t width;
    size_t stride;
} tensor;

/* One run of the tensor, valid until the next call. */
static const float *tensor_row(const tensor *t, size_t row)
{
    if (t->from != NULL) {
        return t->from + row * t->stride;
    }
    const engine *e = t->e;
    float(*made)[LENET_DENSE1] = e->scratch[0].dense1;
    e->kernels->dense1_kernel_gradient(e->training.pooled, e->training.argmax,
                                       e->dense1_preactivation_gradient, e->last_samples,
                                       (unsigned)row, made);
    return made[0];
}

static engine_status find_parameter(engine *e, const char *name, bool gradient, tensor *out)
{
    for (size_t t = 0; t < LENET_TENSORS; t++) {
        const lenet_tensor *found = &lenet_tensors[t];
        if (strcmp(name, found->name) != 0) {
            continue;
        }
        const float *all = gradient ? e->gradients : e->parameters;
        *out = (tensor){e, all + found->offset, 1, found->count, 0};
        if (gradient && found->offset == LENET_DENSE1_KERNEL_AT && !e->dense1_gradient_kept) {
            *out = (tensor){e, NULL, CPU_DENSE1_BLOCKS, CPU_DENSE1_BLOCK * LENET_DENSE1, 0};
        }
        return ENGINE_OK;
    }
    return ENGINE_INVALID;
}

static engine_status find_activation(engine *e, const char *name, tensor *out)
{
    const size_t n = e->last_samples;
    const struct {
        const char *name;
        tensor tensor;
    } activations[] = {
        {"conv1", {e, e->conv1, n, LENET_CONV1_FLOATS, LENET_CONV1_FLOATS}},
        {"pool", {e, e->training.pooled, n, LENET_FLAT, CPU_POOL_STRIDE}},
        {"dense1", {e, e->training.dense1, n, LENET_DENSE1, LENET_DENSE1}},
        {"logits", {e, e->training.logits, n, LENET_CLASSES, LENET_CLASSES}},
    };
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++) {
        if (strcmp(name, activations[i].name) == 0) {
            *out = activations[i].tensor;
            return ENGINE_OK;
        }
    }
    return ENGINE_INVALID;
}

static engine_status find_tensor(engine *e, const char *name, tensor *out)
{
    const char gradient[] = "gradient/";
    const char activation[] = "activation/";
    const bool of_gradient = strncmp(name, gradient, sizeof gradient - 1) == 0;
    const bool of_activation = strncmp(name, activation, sizeof activation - 1) == 0;
    if ((of_gradient || of_activation) && e->last_samples == 0) {
        return cpu_fail(e, ENGINE_INVALID, "no step has computed tensor '%s' yet", name);
    }
    const engine_status status =
        of_activation
            ? find_activation(e, name + sizeof activation - 1, out)
            : find_parameter(e, of_gradient ? name + sizeof gradient - 1 : name, of_gradient, out);
    return status == ENGINE_INVALID ? cpu_fail(e, status, "there is no tensor '%s'", name) : status;
}

engine_status cpu_read_tensor(engine *e, const char *name, float *out, size_t capacity,
                              size_t *count)
{
    tensor t;
    *count = 0;
    const engine_status status = find_tensor(e, name, &t);
    if (status != ENGINE_OK) {
        return status;
    }
    *count = t.rows * t.width;
    if (capacity < *count) {
        return cpu_fail(e, ENGINE_INVALID, "tensor '%s' has %zu floats, there is room for %zu",
                        name, *count, capacity);
    }
    for (size_t row = 0; row < t.rows; row++) {
        memcpy(out + row * t.width, tensor_row(&t, row), t.width * sizeof *out);
    }
    return ENGINE_OK;
}

static void add_limits(engine_histogram *out, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const double value = values[i];
        if (!isfinite(value)) {
            out->not_finite++;
            continue;
        }
        out->finite++;
        out->sum += value;
        out->sum_of_squares += value * value;
        out->min = value < out->min ? value : out->min;
        out->max = value > out->max ? value : out->max;
    }
}

static void add_counts(engine_histogram *out, const float *values, size_t count)
{
    const size_t last = ENGINE_HISTOGRAM_BUCKETS - 1;
    const double width = (out->max - out->min) / ENGINE_HISTOGRAM_BUCKETS;
    for (size_t i = 0; i < count; i++) {
        const double value = values[i];
        if (isfinite(value)) {
            const double place = width > 0 ? (value - out->min) / width : (double)last;
            out->buckets[place < (double)last ? (size_t)place : last]++;
        }
    }
}

engine_status cpu_read_histogram(engine *e, const char *name, engine_histogram *out)
{
    tensor t;
    *out = (engine_histogram){.min = DBL_MAX, .max = -DBL_MAX};
    const engine_status status = find_tensor(e, name, &t);
    if (status != ENGINE_OK) {
        return status;
    }
    for (size_t row = 0; row < t.rows; row++) {
        add_limits(out, tensor_row(&t, row), t.width);
    }
    if (out->finite == 0) {
        out->min = 0;
        out->max = 0;
    }
    for (size_t row = 0; row < t.rows; row++) {
        add_counts(out, tensor_row(&t, row), t.width);
    }
    return ENGINE_OK;
}
