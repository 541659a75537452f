#include "cuda_fixture.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_host.h"
#include "philox.h"
#include "random.h"
#include "synthetic_digits.h"

enum { RANDOM_PURPOSE = 512, SEED = 5 };

const cuda_case step_cases[STEP_CASES] = {
    {1, 1, 1, 0, 0},    /* one sample */
    {9, 7, 7, 0, 1},    /* a short batch */
    {12, 7, 3, 1, 0},   /* the second of three micro-batches */
    {12, 7, 3, 2, 1},   /* an empty micro-batch of a short batch */
    {22, 22, 22, 0, 0}, /* more bands than slots */
};

void fill_random(float *values, size_t count, uint64_t stream, float scale)
{
    for (size_t i = 0; i < count; i += 4) {
        const philox_block block =
            philox(stream, (philox_purpose)(RANDOM_PURPOSE + 1), 0, (uint32_t)(i / 4));
        for (size_t j = 0; j < 4 && i + j < count; j++) {
            values[i + j] = philox_symmetric(block.word[j]) * scale;
        }
    }
}

static void *take(size_t bytes)
{
    void *memory = NULL;
    ck_assert_int_eq(cudaMalloc(&memory, bytes), cudaSuccess);
    memset(memory, 0xff, bytes); /* floats: NaN */
    return memory;
}

static float initial_values[LENET_PARAMETERS];
static float initial_m[LENET_PARAMETERS];
static float initial_v[LENET_PARAMETERS];

void cuda_fixture_begin(void)
{
    random_parameters(initial_values, SEED);
    for (unsigned t = 0; t < LENET_TENSORS; t++) {
        const lenet_tensor *tensor = &lenet_tensors[t];
        if (tensor->fan_in == 0) {
            fill_random(initial_values + tensor->offset, tensor->count, 77 + t, 0.1F);
        }
    }
    fill_random(initial_m, LENET_PARAMETERS, 91, 1e-3F);
    fill_random(initial_v, LENET_PARAMETERS, 92, 1e-5F);
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        initial_v[i] = fabsf(initial_v[i]);
    }
}

static void take_activations(cuda_activations *a, size_t capacity)
{
    a->pooled = take(capacity * LENET_FLAT * sizeof(float));
    a->argmax = take(capacity * LENET_FLAT);
    a->partial = take(capacity * CUDA_DENSE1_SPLITS * LENET_DENSE1 * sizeof(float));
    a->dense1 = take(capacity * LENET_DENSE1 * sizeof(float));
    a->logits = take(capacity * LENET_CLASSES * sizeof(float));
    a->softmax = take(capacity * LENET_CLASSES * sizeof(float));
    a->loss = take(capacity * sizeof(float));
    a->correct = take(capacity);
    a->predicted = take(capacity);
    a->logits_gradient = take(capacity * LENET_CLASSES * sizeof(float));
    a->preactivation_gradient = take(capacity * LENET_DENSE1 * sizeof(float));
    a->pooled_gradient = take(capacity * LENET_FLAT * sizeof(float));
}

static void take_parameters(cuda_parameters *p)
{
    const size_t bytes = LENET_PARAMETERS * sizeof(float);
    p->values = take(bytes);
    p->moment_m = take(bytes);
    p->moment_v = take(bytes);
    p->gradients = take(bytes);
    p->conv2_slots = take((size_t)CUDA_CONV_SLOTS * (9 * 32 * 64 + 64) * sizeof(float));
    p->conv1_slots = take((size_t)CUDA_CONV_SLOTS * (9 * 32 + 32) * sizeof(float));
    p->head_slots = take((128 * 10 + 10 + 128) * sizeof(float));
    p->conv1_used = take((9 * 32 + 32) * sizeof(float));
    p->loss_sum = take(sizeof(double));
    p->correct_sum = take(sizeof(uint32_t));
    memcpy(p->values, initial_values, bytes);
    memcpy(p->moment_m, initial_m, bytes);
    memcpy(p->moment_v, initial_v, bytes);
}

/* The epoch's order, and the case's samples of it, computed in the simplest way. */
static void place_samples(cuda_fixture *f, const cuda_case *c)
{
    uint64_t *scratch = malloc(2 * c->count * sizeof *scratch);
    ck_assert_ptr_nonnull(scratch);
    uint64_t first = 0;
    uint64_t epoch = 0;
    for (uint64_t step = 0; step < c->step; step++) {
        first += c->batch_size;
        if (first >= c->count) {
            first = 0;
            epoch++;
        }
    }
    random_order(f->order, scratch, c->count, SEED, epoch);
    free(scratch);
    f->total = first + c->batch_size <= c->count ? c->batch_size : (uint32_t)(c->count - first);
    f->begin = c->micro_index * c->capacity;
    f->n = 0;
    while (f->n < c->capacity && f->begin + f->n < f->total) {
        f->n++;
    }
    f->batch.first = (uint32_t)first; /* only fixture_sample reads it, since there is a progress */
}

cuda_fixture *cuda_fixture_create(const cuda_case *c)
{
    cuda_host_reset();
    ck_assert_int_eq(cuda_kernels_prepare(), cudaSuccess);
    cuda_fixture *f = calloc(1, sizeof *f);
    ck_assert_ptr_nonnull(f);
    f->images = take((size_t)c->count * LENET_IMAGE_PIXELS);
    f->labels = take(c->count);
    f->order = take(c->count * sizeof *f->order);
    f->progress = take(sizeof *f->progress);
    synthetic_digits(f->images, f->labels, 3, 0, c->count);
    place_samples(f, c);
    take_activations(&f->a, c->capacity);
    take_parameters(&f->p);
    f->adam = (cuda_adam_settings){1e-3, 0.9, 0.999, 1e-7};
    ck_assert_int_eq(cuda_set_progress(f->progress, c->step, &f->adam, NULL), cudaSuccess);
    f->batch = (cuda_batch){
        .images = f->images,
        .labels = f->labels,
        .order = f->order,
        .count = c->count,
        .progress = f->progress,
        .batch_size = c->batch_size,
        .micro_index = c->micro_index,
        .first = f->batch.first,
        .capacity = c->capacity,
        .seed = UINT64_C(0x1234567890),
        .dropout = true,
    };
    return f;
}

void cuda_fixture_destroy(cuda_fixture *f)
{
    void *const all[] = {
        f->images,
        f->labels,
        f->order,
        f->progress,
        f->a.pooled,
        f->a.argmax,
        f->a.partial,
        f->a.dense1,
        f->a.logits,
        f->a.softmax,
        f->a.loss,
        f->a.correct,
        f->a.predicted,
        f->a.logits_gradient,
        f->a.preactivation_gradient,
        f->a.pooled_gradient,
        f->p.values,
        f->p.moment_m,
        f->p.moment_v,
        f->p.gradients,
        f->p.conv2_slots,
        f->p.conv1_slots,
        f->p.head_slots,
        f->p.conv1_used,
        f->p.loss_sum,
        f->p.correct_sum,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ck_assert_int_eq(cudaFree(all[i]), cudaSuccess);
    }
    free(f);
}

uint32_t fixture_sample(const cuda_fixture *f, uint32_t i)
{
    return f->order[f->batch.first + f->begin + i];
}

void fill_pooled(cuda_fixture *f)
{
    const size_t count = (size_t)f->n * LENET_FLAT;
    fill_random(f->a.pooled, count, 31, 1.5F);
    for (size_t i = 0; i < count; i++) {
        f->a.pooled[i] = f->a.pooled[i] > -0.5F ? fabsf(f->a.pooled[i]) : 0;
    }
}

void fill_argmaxes(cuda_fixture *f)
{
    for (size_t i = 0; i < (size_t)f->n * LENET_FLAT; i += 16) {
        const philox_block block =
            philox(41, (philox_purpose)RANDOM_PURPOSE, 0, (uint32_t)(i / 16));
        for (unsigned j = 0; j < 16; j++) {
            const unsigned byte = philox_byte(block, j);
            f->a.argmax[i + j] = (uint8_t)(byte < 160 ? byte % 4 : 4);
        }
    }
}

double rounded(float value, engine_precision precision)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (precision == ENGINE_TF32) {
        bits = (bits + 0x1000u) & ~UINT32_C(0x1fff); /* to nearest, ties away */
    } else if (precision == ENGINE_BF16) {
        bits = (bits + 0x7fffu + (bits >> 16 & 1)) & ~UINT32_C(0xffff); /* ties to even */
    }
    memcpy(&value, &bits, sizeof bits);
    return (double)value;
}

void round_all(double *to, const float *from, size_t count, engine_precision precision)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = rounded(from[i], precision);
    }
}

void expect(bool true_of_it, const char *what, size_t at)
{
    if (!true_of_it) {
        ck_abort_msg("%s [%zu]", what, at);
    }
}

void expect_near(const char *what, size_t at, double value, double expected, double bound)
{
    if (!(fabs(value - expected) <= bound)) {
        ck_abort_msg("%s [%zu]: %.9g instead of %.9g, allowed %.3g", what, at, value, expected,
                     bound);
    }
}

double sum_bound(double terms, double absolute)
{
    return 2 * sqrt(terms) * 0x1p-23 * absolute;
}

void set_thread_order(int order)
{
    cuda_host_set_order(order == 0   ? CUDA_HOST_ASCENDING
                        : order == 1 ? CUDA_HOST_DESCENDING
                                     : CUDA_HOST_SHUFFLED,
                        (uint64_t)order);
}
