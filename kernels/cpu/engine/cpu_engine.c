/* The CPU engine's table of functions, its creation and destruction. Steps run within the call of
 * train, on the pool's threads. */
#include "cpu_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "available_memory.h"
#include "engine_state.h"
#include "engine_tables.h"
#include "random.h"

enum { METHOD = 4 }; /* raised with every change that alters the bits of results */

/* Writes the names of the instruction sets that can be asked for, best first. */
static void list_isas(char *out, size_t bytes)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; cpu_kernels_list[i] != NULL && used < bytes; i++) {
        const char *isa = cpu_kernels_list[i]->isa;
        if (cpu_kernels_find(isa) == cpu_kernels_list[i]) { /* else bf16's, of the same name */
            const char *separator = used == 0 ? "" : ", ";
            used += (size_t)snprintf(out + used, bytes - used, "%s%s", separator, isa);
        }
    }
}

static engine_status choose_kernels(const engine_config *config, const cpu_kernels **kernels,
                                    char *message, size_t message_bytes)
{
    const bool bf16 = config->precision == ENGINE_BF16;
    *kernels = bf16 ? cpu_kernels_find_bf16(config->isa) : cpu_kernels_find(config->isa);
    if (*kernels != NULL) {
        return ENGINE_OK;
    }
    if (bf16 && cpu_kernels_find(config->isa) != NULL) {
        snprintf(message, message_bytes, "precision bf16 needs AVX512-BF16, which %s%s",
                 config->isa == NULL ? "this machine lacks" : "is not available with isa ",
                 config->isa == NULL ? "" : config->isa);
    } else {
        char isas[64];
        list_isas(isas, sizeof isas);
        snprintf(message, message_bytes,
                 "isa '%s' is unknown or not for this machine, which has %s", config->isa, isas);
    }
    return ENGINE_UNAVAILABLE;
}

/* Checks everything that does not depend on free memory; on success sets the kernels to use. */
static engine_status check(const engine_config *config, uint32_t training_count,
                           const cpu_kernels **kernels, char *message, size_t message_bytes)
{
    const engine_status status =
        engine_config_check(config, training_count, message, message_bytes);
    if (status != ENGINE_OK) {
        return status;
    }
    if (config->precision != ENGINE_DEFAULT_PRECISION && config->precision != ENGINE_FP32 &&
        config->precision != ENGINE_BF16) {
        snprintf(message, message_bytes,
                 "precision %s is not available: the CPU engine computes in fp32 or bf16",
                 engine_precision_name(config->precision));
        return ENGINE_INVALID;
    }
    if (config->threads > ENGINE_MAX_THREADS) {
        snprintf(message, message_bytes, "%u threads are more than the CPU engine's limit of %d",
                 (unsigned)config->threads, ENGINE_MAX_THREADS);
        return ENGINE_INVALID;
    }
    return choose_kernels(config, kernels, message, message_bytes);
}

static bool cpu_available(char *reason, size_t reason_bytes)
{
    (void)reason;
    (void)reason_bytes;
    return true;
}

static void make_plan(engine_plan *plan, const engine_config *config, const cpu_kernels *kernels,
                      uint32_t training_count)
{
    const uint32_t threads = cpu_threads(config);
    *plan = (engine_plan){
        .precision = kernels->bf16 ? ENGINE_BF16 : ENGINE_FP32,
        .side_by_side = cpu_side_by_side(config),
        .divides_threads = true,
        .available = available_memory(""),
    };
    cpu_memory_plan(config, training_count, threads, &plan->memory);
    snprintf(plan->arithmetic, sizeof plan->arithmetic, "%s, method %d", kernels->isa, METHOD);
    snprintf(plan->hardware, sizeof plan->hardware, "%s, %u thread%s", kernels->isa,
             (unsigned)threads, threads == 1 ? "" : "s");
}

static engine_status cpu_plan(const engine_config *config, uint32_t training_count,
                              uint32_t validation_count, engine_plan *out, char *message,
                              size_t message_bytes)
{
    (void)validation_count; /* the data sets stay the caller's */
    const cpu_kernels *kernels;
    const engine_status status = check(config, training_count, &kernels, message, message_bytes);
    if (status == ENGINE_OK) {
        make_plan(out, config, kernels, training_count);
    }
    return status;
}

static void cpu_destroy(engine *e)
{
    if (e != NULL) {
        thread_pool_destroy(e->pool);
        cpu_memory_release(e);
        free(e);
    }
}

static engine_status cpu_create(engine **out, const engine_config *config,
                                const engine_data *training, const engine_data *validation,
                                char *message, size_t message_bytes)
{
    *out = NULL;
    const cpu_kernels *kernels;
    const engine_status status = check(config, training->count, &kernels, message, message_bytes);
    if (status != ENGINE_OK) {
        return status;
    }
    engine *e = calloc(1, sizeof *e);
    if (e == NULL) {
        snprintf(message, message_bytes, "not enough memory for the engine");
        return ENGINE_NO_MEMORY;
    }
    e->config = *config;
    e->config.isa = kernels->isa;
    e->kernels = kernels;
    e->threads = cpu_threads(config);
    e->order_epoch = UINT64_MAX;
    e->data[ENGINE_TRAINING] = *training;
    e->data[ENGINE_VALIDATION] = *validation;
    make_plan(&e->plan, config, kernels, training->count);
    /* Linux overcommits memory, so allocation alone would not fail. */
    if (e->plan.memory.total > e->plan.available || cpu_memory_take(e, training->count) != 0) {
        snprintf(message, message_bytes, "not enough memory: %s %u takes %.0f MiB",
                 config->micro_batch == 0 ? "batch size" : "micro-batch",
                 (unsigned)engine_config_capacity(config),
                 (double)e->plan.memory.total / (1 << 20));
        free(e);
        return ENGINE_NO_MEMORY;
    }
    e->pool = thread_pool_create(e->threads);
    if (e->pool == NULL) {
        snprintf(message, message_bytes, "the system refused to start %u threads",
                 (unsigned)e->threads);
        cpu_destroy(e);
        return ENGINE_NO_MEMORY;
    }
    random_parameters(e->parameters, config->seed);
    cpu_transpose_conv2(e);
    *out = e;
    return ENGINE_OK;
}

static const engine_plan *cpu_planned(const engine *e)
{
    return &e->plan;
}

static const char *cpu_message(const engine *e)
{
    return e->message;
}

static engine_status cpu_train(engine *e, uint32_t steps, uint32_t *queued)
{
    uint32_t done = 0;
    if (steps > ENGINE_MAX_QUEUED_STEPS - e->ring_count) {
        return cpu_fail(e, ENGINE_INVALID,
                        "%u steps with %u not yet polled: the limit is %d together",
                        (unsigned)steps, (unsigned)e->ring_count, ENGINE_MAX_QUEUED_STEPS);
    }
    while (done < steps && cpu_step(e)) {
        done++;
    }
    if (queued != NULL) {
        *queued = done;
    }
    return ENGINE_OK;
}

static engine_status cpu_poll(engine *e, engine_step *out, size_t capacity, size_t *count,
                              bool wait)
{
    (void)wait; /* train has finished its steps when it returns */
    size_t n = 0;
    for (; n < capacity && e->ring_count > 0; n++) {
        out[n] = e->ring[e->ring_first];
        e->ring_first = (e->ring_first + 1) % ENGINE_MAX_QUEUED_STEPS;
        e->ring_count--;
    }
    *count = n;
    return ENGINE_OK;
}

/* Points the evaluation's activations at the next images; returns how many. */
static uint32_t point_at(cpu_activations *a, const uint8_t *images, uint32_t left)
{
    const uint32_t n = left < CPU_EVALUATION_BATCH ? left : CPU_EVALUATION_BATCH;
    for (uint32_t i = 0; i < n; i++) {
        a->image[i] = images + (size_t)i * LENET_IMAGE_PIXELS;
    }
    return n;
}

static engine_status cpu_evaluate(engine *e, engine_set set, engine_result *out, uint8_t *predicted)
{
    const engine_data *data = &e->data[set];
    cpu_activations *a = &e->evaluation;
    *out = (engine_result){.samples = data->count};
    for (uint32_t at = 0; at < data->count;) {
        const uint32_t n =
            point_at(a, data->images + (size_t)at * LENET_IMAGE_PIXELS, data->count - at);
        memcpy(a->label, data->labels + at, n);
        cpu_forward_evaluation(e, n, true);
        for (uint32_t i = 0; i < n; i++) {
            out->loss_sum += a->loss[i];
            out->correct += a->predicted[i] == a->label[i];
        }
        if (predicted != NULL) {
            memcpy(predicted + at, a->predicted, n);
        }
        at += n;
    }
    return ENGINE_OK;
}

static engine_status cpu_predict(engine *e, const uint8_t *images, uint32_t count,
                                 float *probabilities)
{
    for (uint32_t at = 0; at < count;) {
        const uint32_t n =
            point_at(&e->evaluation, images + (size_t)at * LENET_IMAGE_PIXELS, count - at);
        cpu_forward_evaluation(e, n, false);
        memcpy(probabilities + (size_t)at * LENET_CLASSES, e->evaluation.softmax,
               (size_t)n * LENET_CLASSES * sizeof *probabilities);
        at += n;
    }
    return ENGINE_OK;
}

static engine_status cpu_gradient(engine *e, uint32_t first, uint32_t count, float *out)
{
    const engine_status status = engine_gradient_check(first, count, e->data[ENGINE_TRAINING].count,
                                                       e->message, sizeof e->message);
    if (status != ENGINE_OK) {
        return status;
    }
    cpu_make_gradient(e, first, count);
    memcpy(out, e->gradients, LENET_PARAMETERS * sizeof *out);
    return ENGINE_OK;
}

static void take_parameters(engine *e, const void *parameters)
{
    memcpy(e->parameters, parameters, ENGINE_STATE_ARRAY_BYTES);
    cpu_transpose_conv2(e);
}

static engine_status cpu_set_parameters(engine *e, const float *parameters)
{
    if (e->steps_done > 0) {
        return cpu_fail(e, ENGINE_INVALID, "the weights cannot be replaced: training has begun");
    }
    take_parameters(e, parameters);
    return ENGINE_OK;
}

static size_t cpu_state_bytes(const engine *e)
{
    (void)e;
    return ENGINE_STATE_BYTES;
}

static engine_state_run state_run(const engine *e)
{
    return (engine_state_run){
        .magic = "lenet cpu 1",
        .engine_name = "CPU",
        .config = &e->config,
        .training_count = e->data[ENGINE_TRAINING].count,
    };
}

static engine_status cpu_export_state(engine *e, void *out, size_t bytes)
{
    const engine_state_run run = state_run(e);
    const engine_status status =
        engine_state_begin(out, bytes, &run, e->steps_done, e->message, sizeof e->message);
    if (status != ENGINE_OK) {
        return status;
    }
    const size_t array = ENGINE_STATE_ARRAY_BYTES;
    char *at = (char *)out + ENGINE_STATE_HEADER_BYTES;
    memcpy(at, e->parameters, array);
    memcpy(at + array, e->moment_m, array);
    memcpy(at + 2 * array, e->moment_v, array);
    return ENGINE_OK;
}

static engine_status cpu_import_state(engine *e, const void *state, size_t bytes)
{
    const engine_state_run run = state_run(e);
    uint64_t steps_done;
    const engine_status status =
        engine_state_check(state, bytes, &run, &steps_done, e->message, sizeof e->message);
    if (status != ENGINE_OK) {
        return status;
    }
    const size_t array = ENGINE_STATE_ARRAY_BYTES;
    const char *at = (const char *)state + ENGINE_STATE_HEADER_BYTES;
    take_parameters(e, at);
    memcpy(e->moment_m, at + array, array);
    memcpy(e->moment_v, at + 2 * array, array);
    e->steps_done = steps_done;
    e->last_samples = 0;
    e->ring_count = 0;
    return ENGINE_OK;
}

const engine_api engine_cpu = {
    .name = "cpu",
    .description = "this machine's cores, fp32 or bf16",
    .available = cpu_available,
    .plan = cpu_plan,
    .create = cpu_create,
    .destroy = cpu_destroy,
    .planned = cpu_planned,
    .message = cpu_message,
    .train = cpu_train,
    .poll = cpu_poll,
    .evaluate = cpu_evaluate,
    .predict = cpu_predict,
    .gradient = cpu_gradient,
    .read_tensor = cpu_read_tensor,
    .read_histogram = cpu_read_histogram,
    .set_parameters = cpu_set_parameters,
    .state_bytes = cpu_state_bytes,
    .export_state = cpu_export_state,
    .import_state = cpu_import_state,
};
