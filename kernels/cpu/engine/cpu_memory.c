/* The run's memory as one list of buffers, walked once to count and once to allocate. */
#define _GNU_SOURCE /* madvise */
#include "cpu_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* One walk over the buffers: adds up their sizes by part, and allocates them if `take`. */
typedef struct walk {
    bool take;
    bool failed;
    engine_memory memory;
} walk;

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

/* Large buffers consist of whole huge pages, which madvise asks for: a step reads all of
 * them, and small pages would exceed the processor's TLB. ALIGNMENT more bytes follow each buffer,
 * since the kernels work on whole vectors. */
static void *buffer(walk *w, uint64_t *part, uint64_t count, size_t element_bytes)
{
    /* Counts are products of 32-bit numbers and small constants, far from overflow in 64 bits. */
    const uint64_t least = count * element_bytes + ALIGNMENT;
    const bool large = least >= HUGE_PAGE;
    const uint64_t unit = large ? HUGE_PAGE : ALIGNMENT;
    const uint64_t bytes = (least + unit - 1) / unit * unit;
    *part += bytes;
    w->memory.total += bytes;
    if (!w->take || w->failed) {
        return NULL;
    }
    void *memory = bytes <= SIZE_MAX / 2 ? aligned_alloc((size_t)unit, (size_t)bytes) : NULL;
    if (memory == NULL) {
        w->failed = true;
        return NULL;
    }
    if (large) {
        (void)madvise(memory, (size_t)bytes, MADV_HUGEPAGE); /* a hint, which may fail */
    }
    memset(memory, 0, (size_t)bytes); /* maps the pages now, not in the first steps */
    return memory;
}

static void walk_activations(walk *w, cpu_activations *a, uint64_t capacity, uint64_t *part)
{
    a->capacity = (uint32_t)capacity;
    a->pooled = buffer(w, part, capacity * CPU_POOL_STRIDE, sizeof(float));
    a->partial = buffer(w, part, CPU_DENSE1_SPLITS * capacity * LENET_DENSE1, sizeof(float));
    a->dense1 = buffer(w, part, capacity * LENET_DENSE1, sizeof(float));
    a->logits = buffer(w, part, capacity * LENET_CLASSES, sizeof(float));
    a->softmax = buffer(w, part, capacity * LENET_CLASSES, sizeof(float));
    a->loss = buffer(w, part, capacity, sizeof(double));
    a->predicted = buffer(w, part, capacity, 1);
    a->argmax = buffer(w, part, capacity * LENET_FLAT, 1);
    a->image = buffer(w, part, capacity, sizeof(const uint8_t *));
    a->label = buffer(w, part, capacity, 1);
}

static void walk_buffers(walk *w, engine *e, uint64_t training_count)
{
    engine_memory *m = &w->memory;
    const uint64_t capacity = engine_config_capacity(&e->config);
    e->order = buffer(w, &m->data, training_count, sizeof(uint32_t));
    e->order_scratch = buffer(w, &m->workspace, 2 * training_count, sizeof(uint64_t));

    e->parameters = buffer(w, &m->parameters, LENET_PARAMETERS, sizeof(float));
    e->conv2 = buffer(w, &m->parameters, 1, sizeof *e->conv2);
    e->conv2_transposed =
        buffer(w, &m->parameters, CPU_PATCH * LENET_CONV2_CHANNELS, sizeof(float));
    e->moment_m = buffer(w, &m->optimizer, LENET_PARAMETERS, sizeof(float));
    e->moment_v = buffer(w, &m->optimizer, LENET_PARAMETERS, sizeof(float));
    e->gradients = buffer(w, &m->gradients, LENET_PARAMETERS, sizeof(float));
    const uint64_t groups = capacity < CPU_MAX_GROUPS ? capacity : CPU_MAX_GROUPS;
    e->groups = buffer(w, &m->gradients, groups, sizeof(cpu_conv_gradients));

    walk_activations(w, &e->training, capacity, &m->activations);
    e->conv1 = buffer(w, &m->activations, capacity * LENET_CONV1_FLOATS, sizeof(float));
    e->pooled_gradient = buffer(w, &m->activations, capacity * CPU_POOL_STRIDE, sizeof(float));
    e->logits_gradient = buffer(w, &m->activations, capacity * LENET_CLASSES, sizeof(float));
    e->dense1_preactivation_gradient =
        buffer(w, &m->activations, capacity * LENET_DENSE1, sizeof(float));
    walk_activations(w, &e->evaluation, CPU_EVALUATION_BATCH, &m->workspace);
    e->scratch = buffer(w, &m->workspace, e->threads, sizeof(cpu_scratch));
}

void cpu_memory_plan(const engine_config *config, uint32_t training_count, uint32_t threads,
                     engine_memory *out)
{
    walk w = {.take = false};
    engine shape = {.config = *config, .threads = threads};
    walk_buffers(&w, &shape, training_count);
    *out = w.memory;
}

int cpu_memory_take(engine *e, uint32_t training_count)
{
    walk w = {.take = true};
    walk_buffers(&w, e, training_count);
    if (w.failed) {
        cpu_memory_release(e);
        return -1;
    }
    return 0;
}

static void release_activations(cpu_activations *a)
{
    free(a->pooled);
    free(a->partial);
    free(a->dense1);
    free(a->logits);
    free(a->softmax);
    free(a->loss);
    free(a->predicted);
    free(a->argmax);
    free(a->image);
    free(a->label);
}

void cpu_memory_release(engine *e)
{
    free(e->order);
    free(e->order_scratch);
    free(e->parameters);
    free(e->conv2);
    free(e->conv2_transposed);
    free(e->moment_m);
    free(e->moment_v);
    free(e->gradients);
    free(e->groups);
    release_activations(&e->training);
    release_activations(&e->evaluation);
    free(e->conv1);
    free(e->pooled_gradient);
    free(e->logits_gradient);
    free(e->dense1_preactivation_gradient);
    free(e->scratch);
}
