/* The CUDA engine's table of functions, its creation and destruction. Steps run on the device
 * asynchronously to the calls that queue them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_sort.h"
#include "cuda_state.h"
#include "engine_tables.h"
#include "random.h"

enum { METHOD = 3 }; /* raised with every change of the engine that changes results' bits */

static engine_status describe_arithmetic(engine *e, const cuda_device *device)
{
    engine_plan *plan = &e->plan;
    if (!e->memory.blas_evaluates && !e->memory.blas_forward && !e->memory.blas_backward) {
        snprintf(plan->arithmetic, sizeof plan->arithmetic, "cuda sm_%d%d, method %d",
                 device->major, device->minor, METHOD);
        return ENGINE_OK;
    }
    int version = 0;
    if (!cuda_blas_ok(e, "cublasGetProperty", cuda_blas_version(&version))) {
        return e->failure;
    }
    /* How cuBLAS splits a product depends on the number of multiprocessors. */
    snprintf(plan->arithmetic, sizeof plan->arithmetic, "cuda sm_%d%d x%d, method %d, cublas %d",
             device->major, device->minor, device->multiprocessors, METHOD, version);
    return ENGINE_OK;
}

/* LENET_FORK=0 in the environment leaves out a step's second fork, for comparison. */
static bool second_fork_is_chosen(void)
{
    const char *fork = getenv("LENET_FORK");
    return fork == NULL || strcmp(fork, "0") != 0;
}

static bool ask_for_sort_scratch(engine *e)
{
    size_t bytes = 0;
    if (!cuda_ok(e, "cuda_sort_scratch_bytes",
                 cuda_sort_scratch_bytes(e->memory.data[ENGINE_TRAINING].count, &bytes))) {
        return false;
    }
    if (bytes > e->memory.sort_scratch_bytes) {
        e->memory.sort_scratch_bytes = bytes;
        cuda_memory_count(&e->memory, &e->plan.memory);
    }
    return true;
}

/* Fills the parts of *e, which is all 0, that need no allocation. */
static engine_status make_plan(engine *e, const engine_config *config, uint32_t training_count,
                               uint32_t validation_count, char *message, size_t message_bytes)
{
    cuda_device device;
    engine_status status = cuda_plan_run(config, training_count, validation_count, &e->memory,
                                         &e->plan, message, message_bytes);
    if (status == ENGINE_OK) {
        status = cuda_device_open(config->device, &device, message, message_bytes);
    }
    if (status != ENGINE_OK) {
        return status;
    }
    e->config = *config;
    e->config.isa = NULL;
    e->device = device.ordinal;
    e->order_epoch = UINT64_MAX;
    e->forks_twice = second_fork_is_chosen();
    e->plan.available = device.available;
    snprintf(e->plan.hardware, sizeof e->plan.hardware, "%s", device.name);
    snprintf(e->plan.driver, sizeof e->plan.driver, "CUDA %d.%d", device.driver / 1000,
             device.driver % 1000 / 10);
    status = ask_for_sort_scratch(e) ? describe_arithmetic(e, &device) : e->failure;
    if (status != ENGINE_OK) {
        snprintf(message, message_bytes, "%s", e->message);
    }
    return status;
}

static engine_status cuda_plan(const engine_config *config, uint32_t training_count,
                               uint32_t validation_count, engine_plan *out, char *message,
                               size_t message_bytes)
{
    engine shape = {0};
    if (config->device == ENGINE_NO_DEVICE) {
        return cuda_plan_run(config, training_count, validation_count, &shape.memory, out, message,
                             message_bytes);
    }
    const engine_status status =
        make_plan(&shape, config, training_count, validation_count, message, message_bytes);
    if (status == ENGINE_OK) {
        *out = shape.plan;
    }
    return status;
}

static const double mebibyte = 1 << 20;

static void say_what_fits(const engine *e, char *message, size_t message_bytes)
{
    const uint32_t fits = cuda_memory_largest(&e->memory, e->plan.available);
    const int length = snprintf(
        message, message_bytes,
        "%s %u takes %.0f MiB of the device's memory, and %.0f MiB are free: ",
        e->config.micro_batch == 0 ? "batch size" : "micro-batch", (unsigned)e->memory.capacity,
        (double)e->plan.memory.total / mebibyte, (double)e->plan.available / mebibyte);
    if (length < 0 || (size_t)length >= message_bytes) {
        return;
    }
    if (fits > 0) {
        snprintf(message + length, message_bytes - (size_t)length,
                 "the largest batch size or micro-batch that fits is %u", (unsigned)fits);
    } else {
        snprintf(message + length, message_bytes - (size_t)length,
                 "not even a micro-batch of 1 fits");
    }
}

/* The message if allocating the run failed. Memory may run out even if enough seemed to be free. */
static void say_why_not(const engine *e, char *message, size_t message_bytes)
{
    if (e->failure == ENGINE_NO_MEMORY) {
        snprintf(message, message_bytes, "%s; the run takes %.0f MiB, and %.0f MiB were free",
                 e->message, (double)e->plan.memory.total / mebibyte,
                 (double)e->plan.available / mebibyte);
    } else {
        snprintf(message, message_bytes, "%s", e->message);
    }
}

static void release_handles(engine *e)
{
    cuda_graphs_destroy(e);
    if (e->blas != NULL) {
        cublasDestroy(e->blas);
    }
    cuda_marks_destroy(e);
    if (e->ring != NULL) {
        cudaFreeHost(e->ring);
    }
    if (e->joined != NULL) {
        cudaEventDestroy(e->joined);
    }
    if (e->forked != NULL) {
        cudaEventDestroy(e->forked);
    }
    if (e->side != NULL) {
        cudaStreamDestroy(e->side);
    }
    if (e->stream != NULL) {
        cudaStreamDestroy(e->stream);
    }
}

static void cuda_destroy(engine *e)
{
    if (e == NULL) {
        return;
    }
    cudaSetDevice(e->device);
    if (e->stream != NULL) {
        cudaStreamSynchronize(e->stream);
    }
    release_handles(e);
    cuda_memory_release(e);
    cudaGetLastError(); /* after a failure all of these return it again */
    free(e);
}

static bool take_handles(engine *e)
{
    void *ring = NULL;
    if (!cuda_ok(e, "cudaStreamCreateWithFlags",
                 cudaStreamCreateWithFlags(&e->stream, cudaStreamNonBlocking)) ||
        !cuda_ok(e, "cudaStreamCreateWithFlags",
                 cudaStreamCreateWithFlags(&e->side, cudaStreamNonBlocking)) ||
        !cuda_ok(e, "cudaEventCreateWithFlags",
                 cudaEventCreateWithFlags(&e->forked, cudaEventDisableTiming)) ||
        !cuda_ok(e, "cudaEventCreateWithFlags",
                 cudaEventCreateWithFlags(&e->joined, cudaEventDisableTiming)) ||
        !cuda_ok(e, "cudaHostAlloc", cudaHostAlloc(&ring, sizeof *e->ring, cudaHostAllocDefault))) {
        return false;
    }
    e->ring = ring;
    memset(e->ring, 0, sizeof *e->ring);
    if (e->memory.blas_workspace != NULL &&
        !cuda_blas_ok(e, "cublasCreate",
                      cuda_blas_create(&e->blas, e->stream, e->memory.blas_workspace))) {
        return false;
    }
    return cuda_marks_create(e);
}

static bool upload_data(engine *e, engine_set set, const engine_data *from)
{
    const cuda_data *to = &e->memory.data[set];
    return cuda_upload(e, to->images, from->images, (size_t)from->count * LENET_IMAGE_PIXELS) &&
           cuda_upload(e, to->labels, from->labels, from->count);
}

/* The first epoch's order is drawn here, so that CUB's kernels are loaded before any step. */
static bool upload_run(engine *e, const engine_data *training, const engine_data *validation,
                       float *parameters)
{
    random_parameters(parameters, e->config.seed);
    return upload_data(e, ENGINE_TRAINING, training) &&
           upload_data(e, ENGINE_VALIDATION, validation) && cuda_upload_parameters(e, parameters) &&
           cuda_clear(e, e->memory.parameters.moment_m, CUDA_ARRAY_BYTES) &&
           cuda_clear(e, e->memory.parameters.moment_v, CUDA_ARRAY_BYTES) &&
           cuda_set_run_progress(e, 0) && cuda_make_order(e, 0) && cuda_wait(e);
}

/* Allocates everything that a run needs. On failure e->failure has the cause. */
static bool take_run(engine *e, const engine_data *training, const engine_data *validation)
{
    float *parameters = malloc(CUDA_ARRAY_BYTES);
    if (parameters == NULL) {
        e->failure = ENGINE_NO_MEMORY;
        snprintf(e->message, sizeof e->message, "not enough memory for the initial weights");
        return false;
    }
    const bool taken = cuda_memory_take(e) && take_handles(e) && cuda_graphs_capture(e) &&
                       upload_run(e, training, validation, parameters);
    free(parameters);
    return taken;
}

static engine_status cuda_create(engine **out, const engine_config *config,
                                 const engine_data *training, const engine_data *validation,
                                 char *message, size_t message_bytes)
{
    *out = NULL;
    engine *e = calloc(1, sizeof *e);
    if (e == NULL) {
        snprintf(message, message_bytes, "not enough memory for the engine");
        return ENGINE_NO_MEMORY;
    }
    engine_status status =
        make_plan(e, config, training->count, validation->count, message, message_bytes);
    if (status == ENGINE_OK && e->plan.memory.total > e->plan.available) {
        say_what_fits(e, message, message_bytes);
        status = ENGINE_NO_MEMORY;
    }
    if (status != ENGINE_OK) {
        free(e);
        return status;
    }
    if (!take_run(e, training, validation)) {
        status = e->failure;
        say_why_not(e, message, message_bytes);
        cuda_destroy(e);
        return status;
    }
    *out = e;
    return ENGINE_OK;
}

static const engine_plan *cuda_planned(const engine *e)
{
    return &e->plan;
}

static const char *cuda_message(const engine *e)
{
    return e->message;
}

static engine_status cuda_train(engine *e, uint32_t steps, uint32_t *queued)
{
    const uint64_t pending = e->queued - e->polled;
    if (steps > ENGINE_MAX_QUEUED_STEPS - pending) {
        return cuda_fail(e, ENGINE_INVALID,
                         "%u steps with %u not yet polled: the limit is %d together",
                         (unsigned)steps, (unsigned)pending, ENGINE_MAX_QUEUED_STEPS);
    }
    if (!cuda_enter(e) || !cuda_queue_steps(e, steps)) {
        return ENGINE_FAILED;
    }
    if (queued != NULL) {
        *queued = steps;
    }
    return ENGINE_OK;
}

static engine_status cuda_evaluate(engine *e, engine_set set, engine_result *out,
                                   uint8_t *predicted)
{
    const cuda_data *data = &e->memory.data[set];
    cuda_sums sums;
    *out = (engine_result){.samples = data->count};
    if (!cuda_enter(e) || !cuda_clear(e, e->memory.sums, sizeof *e->memory.sums)) {
        return ENGINE_FAILED;
    }
    for (uint32_t at = 0; at < data->count;) {
        const uint32_t left = data->count - at;
        const uint32_t n = left < CUDA_EVALUATION_BATCH ? left : CUDA_EVALUATION_BATCH;
        if (!cuda_queue_evaluation(e, data->images, data->labels, data->count, at, n,
                                   predicted == NULL ? NULL : e->memory.predicted + at) ||
            !cuda_ok(e, "cuda_evaluation_sums",
                     cuda_evaluation_sums(&e->memory.evaluation, n, &e->memory.sums->loss_sum,
                                          &e->memory.sums->correct, e->stream))) {
            return ENGINE_FAILED;
        }
        at += n;
    }
    if ((predicted != NULL && !cuda_download(e, predicted, e->memory.predicted, data->count)) ||
        !cuda_download(e, &sums, e->memory.sums, sizeof sums) || !cuda_wait(e)) {
        return ENGINE_FAILED;
    }
    out->loss_sum = sums.loss_sum;
    out->correct = sums.correct;
    return ENGINE_OK;
}

static engine_status cuda_predict(engine *e, const uint8_t *images, uint32_t count,
                                  float *probabilities)
{
    if (!cuda_enter(e)) {
        return ENGINE_FAILED;
    }
    for (uint32_t at = 0; at < count;) {
        const uint32_t left = count - at;
        const uint32_t n = left < CUDA_EVALUATION_BATCH ? left : CUDA_EVALUATION_BATCH;
        if (!cuda_upload(e, e->memory.predicted_images, images + (size_t)at * LENET_IMAGE_PIXELS,
                         (size_t)n * LENET_IMAGE_PIXELS) ||
            !cuda_queue_evaluation(e, e->memory.predicted_images, NULL, n, 0, n, NULL) ||
            !cuda_download(e, probabilities + (size_t)at * LENET_CLASSES,
                           e->memory.evaluation.softmax,
                           (size_t)n * LENET_CLASSES * sizeof *probabilities)) {
            return ENGINE_FAILED;
        }
        at += n;
    }
    return cuda_wait(e) ? ENGINE_OK : ENGINE_FAILED;
}

static engine_status cuda_gradient(engine *e, uint32_t first, uint32_t count, float *out)
{
    char message[sizeof e->message];
    const engine_status status = engine_gradient_check(
        first, count, e->memory.data[ENGINE_TRAINING].count, message, sizeof message);
    if (status != ENGINE_OK) {
        return cuda_fail(e, status, "%s", message);
    }
    return cuda_enter(e) && cuda_queue_gradient(e, first, count) &&
                   cuda_download(e, out, e->memory.parameters.gradients, CUDA_ARRAY_BYTES) &&
                   cuda_wait(e)
               ? ENGINE_OK
               : ENGINE_FAILED;
}

const engine_api engine_cuda = {
    .name = "cuda",
    .description = "an NVIDIA GPU; fp32, tf32 or bf16",
    .available = cuda_device_available,
    .plan = cuda_plan,
    .create = cuda_create,
    .destroy = cuda_destroy,
    .planned = cuda_planned,
    .message = cuda_message,
    .train = cuda_train,
    .poll = cuda_poll,
    .evaluate = cuda_evaluate,
    .predict = cuda_predict,
    .gradient = cuda_gradient,
    .read_tensor = cuda_read_tensor,
    .read_histogram = cuda_read_histogram,
    .set_parameters = cuda_set_parameters,
    .state_bytes = cuda_state_bytes,
    .export_state = cuda_export_state,
    .import_state = cuda_import_state,
};
