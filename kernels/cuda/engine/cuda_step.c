/* The launches of a training step, a gradient and an evaluation, and the queueing of steps: replays
 * of two graphs captured at creation, one of a single step and one of many. A replay needs nothing
 * from the host, since the step's number is on the device. The host counts steps only to draw an
 * epoch's order before its first step, and to end a chunk there. */
#include <stddef.h>

#include "cuda_sort.h"
#include "cuda_state.h"

uint64_t cuda_steps_per_epoch(const engine *e)
{
    return engine_steps_per_epoch(e->memory.data[ENGINE_TRAINING].count, e->config.batch_size);
}

uint32_t cuda_step_samples(const engine *e, uint64_t index)
{
    const uint64_t batch = e->config.batch_size;
    const uint64_t left =
        e->memory.data[ENGINE_TRAINING].count - index % cuda_steps_per_epoch(e) * batch;
    return (uint32_t)(left < batch ? left : batch);
}

cuda_adam_settings cuda_adam_of(const engine_config *config)
{
    const cuda_adam_settings adam = {config->learning_rate, config->beta_1, config->beta_2,
                                     config->epsilon};
    return adam;
}

/* The convolutions and dense1 up to logits, losses and gradients, of up to capacity samples. */
static bool queue_forward(engine *e, const cuda_batch *batch, const cuda_activations *a, bool blas,
                          uint32_t splits, uint32_t n)
{
    const float *values = e->memory.parameters.values;
    const engine_precision precision = e->plan.precision;
    if (!cuda_ok(e, "cuda_conv_forward",
                 cuda_conv_forward(batch, a, values, precision, e->stream))) {
        return false;
    }
    if (!blas) {
        if (!cuda_ok(e, "cuda_dense1_forward",
                     cuda_dense1_forward(batch, a, values, precision, e->stream))) {
            return false;
        }
    } else if (n > 0 && !cuda_blas_ok(e, "cuBLAS' product of dense1's forward pass",
                                      cuda_blas_dense1_forward(e->blas, precision, n, a->pooled,
                                                               values + LENET_DENSE1_KERNEL_AT,
                                                               a->partial))) {
        return false;
    }
    return cuda_ok(e, "cuda_head", cuda_head(batch, a, values, splits, e->stream));
}

static bool queue_dense1_by_blas(engine *e, const cuda_batch *batch, const cuda_adam_settings *adam,
                                 bool last, uint32_t n)
{
    const cuda_activations *a = &e->memory.training;
    const cuda_parameters *p = &e->memory.parameters;
    const engine_precision precision = e->plan.precision;
    const bool add = batch->micro_index > 0;
    if (n > 0 && (!cuda_blas_ok(e, "cuBLAS' product of dense1's inputs' gradient",
                                cuda_blas_dense1_input(
                                    e->blas, precision, n, a->preactivation_gradient,
                                    p->values + LENET_DENSE1_KERNEL_AT, a->pooled_gradient)) ||
                  !cuda_blas_ok(e, "cuBLAS' product of dense1's kernel's gradient",
                                cuda_blas_dense1_kernel(e->blas, precision, n, a->pooled,
                                                        a->preactivation_gradient, add,
                                                        p->gradients + LENET_DENSE1_KERNEL_AT)))) {
        return false;
    }
    return !last ||
           cuda_ok(e, "cuda_adam_dense1", cuda_adam_dense1(p, adam, e->memory.progress, e->stream));
}

/* Makes the side stream wait for everything that is on the run's stream so far. */
static bool fork(engine *e)
{
    return cuda_ok(e, "cudaEventRecord", cudaEventRecord(e->forked, e->stream)) &&
           cuda_ok(e, "cudaStreamWaitEvent", cudaStreamWaitEvent(e->side, e->forked, 0));
}

static bool join(engine *e)
{
    return cuda_ok(e, "cudaEventRecord", cudaEventRecord(e->joined, e->side)) &&
           cuda_ok(e, "cudaStreamWaitEvent", cudaStreamWaitEvent(e->stream, e->joined, 0));
}

static bool queue_dense1_backward(engine *e, const cuda_batch *batch,
                                  const cuda_adam_settings *adam, bool last, uint32_t n)
{
    if (e->memory.blas_backward) {
        return queue_dense1_by_blas(e, batch, adam, last, n);
    }
    return cuda_ok(e, "cuda_dense1_backward",
                   cuda_dense1_backward(batch, &e->memory.training, &e->memory.parameters, adam,
                                        last, e->plan.precision, e->stream));
}

/* The side stream runs launches that are independent of the run's stream: the head's small
 * gradients beside dense1's, conv2's beside conv1's. The second fork may gain nothing, and must be
 * measured: each block of these two kernels needs so many registers that no two share a
 * multiprocessor. So conv1's, the longer of the two, is queued first, and conv2's blocks fill the
 * multiprocessors that become free. Without the second fork conv2's follows conv1's. */
static bool queue_backward(engine *e, const cuda_batch *batch, const cuda_adam_settings *adam,
                           bool last, uint32_t n)
{
    const cuda_activations *a = &e->memory.training;
    const cuda_parameters *p = &e->memory.parameters;
    const engine_precision precision = e->plan.precision;
    cudaStream_t beside_conv1 = e->forks_twice ? e->side : e->stream;
    return fork(e) &&
           cuda_ok(e, "cuda_head_gradients", cuda_head_gradients(batch, a, p, e->side)) &&
           queue_dense1_backward(e, batch, adam, last, n) && (!e->forks_twice || fork(e)) &&
           cuda_ok(e, "cuda_conv1_weights",
                   cuda_conv1_weights(batch, a, p, precision, e->stream)) &&
           cuda_ok(e, "cuda_conv2_weights",
                   cuda_conv2_weights(batch, a, p, precision, beside_conv1)) &&
           join(e);
}

/* All micro-batches of a step or of a gradient alone, forward and backward. Our kernels read which
 * samples to use from the device's progress; cuBLAS gets their number, `samples`. The last
 * micro-batch ends with dense1's update, unless `adam` is NULL. */
static bool queue_micro_batches(engine *e, cuda_batch *batch, const cuda_adam_settings *adam,
                                uint32_t samples)
{
    const uint32_t capacity = e->memory.capacity;
    const uint32_t micro_batches = (batch->batch_size - 1) / capacity + 1;
    for (uint32_t i = 0; i < micro_batches; i++) {
        const uint64_t before = (uint64_t)i * capacity;
        const uint64_t left = samples > before ? samples - before : 0;
        const uint32_t n = (uint32_t)(left < capacity ? left : capacity);
        const bool updates = adam != NULL && i == micro_batches - 1;
        batch->micro_index = i;
        if (!queue_forward(e, batch, &e->memory.training, e->memory.blas_forward,
                           e->memory.training_splits, n) ||
            !queue_backward(e, batch, adam, updates, n)) {
            return false;
        }
    }
    return true;
}

/* A batch of the training set for whole steps. */
static cuda_batch training_batch(const engine *e)
{
    const cuda_data *data = &e->memory.data[ENGINE_TRAINING];
    return (cuda_batch){
        .images = data->images,
        .labels = data->labels,
        .order = e->memory.order,
        .count = data->count,
        .progress = e->memory.progress,
        .batch_size = e->config.batch_size,
        .n = e->memory.capacity,
        .capacity = e->memory.capacity,
        .seed = e->config.seed,
        .dropout = true,
    };
}

/* One step. */
static bool queue_step(engine *e, uint32_t samples)
{
    const cuda_adam_settings adam = cuda_adam_of(&e->config);
    cuda_batch batch = training_batch(e);
    return queue_micro_batches(e, &batch, &adam, samples) &&
           cuda_ok(e, "cuda_update",
                   cuda_update(&batch, &e->memory.parameters, &adam, e->memory.progress, e->ring,
                               e->stream));
}

/* Captures `steps` whole steps. */
static bool capture(engine *e, uint32_t steps, cudaGraphExec_t *out)
{
    cudaGraph_t graph = NULL;
    bool done = cuda_ok(e, "cudaStreamBeginCapture",
                        cudaStreamBeginCapture(e->stream, cudaStreamCaptureModeThreadLocal));
    if (!done) {
        return false;
    }
    for (uint32_t i = 0; done && i < steps; i++) {
        done = queue_step(e, e->config.batch_size);
    }
    if (!cuda_ok(e, "cudaStreamEndCapture", cudaStreamEndCapture(e->stream, &graph))) {
        /* The second call ends the capture that the failed one left open; otherwise nothing could
         * be freed. */
        cudaStreamEndCapture(e->stream, &graph);
        done = false;
    }
    done = done && cuda_ok(e, "cudaGraphInstantiate", cudaGraphInstantiate(out, graph, 0)) &&
           cuda_ok(e, "cudaGraphUpload", cudaGraphUpload(*out, e->stream));
    if (graph != NULL && !cuda_ok(e, "cudaGraphDestroy", cudaGraphDestroy(graph))) {
        return false;
    }
    return done;
}

/* The products of a micro-batch of n samples, on memory that is not yet filled. */
static bool queue_products(engine *e, uint32_t n)
{
    const cuda_batch batch = {0};
    const cuda_activations *a = &e->memory.training;
    return (!e->memory.blas_forward ||
            cuda_blas_ok(e, "cuBLAS' product of dense1's forward pass",
                         cuda_blas_dense1_forward(
                             e->blas, e->plan.precision, n, a->pooled,
                             e->memory.parameters.values + LENET_DENSE1_KERNEL_AT, a->partial))) &&
           (!e->memory.blas_backward || queue_dense1_by_blas(e, &batch, NULL, false, n));
}

/* Makes cuBLAS load the kernels of its products, which is not allowed during a capture. The last
 * micro-batch of a step may be smaller than the others and need other kernels. */
static bool load_products(engine *e)
{
    const uint32_t capacity = e->memory.capacity;
    const uint32_t rest = e->config.batch_size - (e->memory.micro_batches - 1) * capacity;
    return queue_products(e, capacity) && (rest == capacity || queue_products(e, rest));
}

bool cuda_graphs_capture(engine *e)
{
    enum { LAUNCHES_A_MICRO_BATCH = 8 };
    if (e->memory.micro_batches > CUDA_MAX_CAPTURED_LAUNCHES / LAUNCHES_A_MICRO_BATCH) {
        return true;
    }
    return load_products(e) && capture(e, 1, &e->one_step) &&
           capture(e, CUDA_GRAPH_STEPS, &e->many_steps);
}

void cuda_graphs_destroy(engine *e)
{
    if (e->one_step != NULL) {
        cudaGraphExecDestroy(e->one_step);
    }
    if (e->many_steps != NULL) {
        cudaGraphExecDestroy(e->many_steps);
    }
}

bool cuda_make_order(engine *e, uint64_t epoch)
{
    const uint32_t count = e->memory.data[ENGINE_TRAINING].count;
    if (!cuda_ok(e, "cuda_order_keys",
                 cuda_order_keys(e->memory.keys, count, e->config.seed, epoch, e->stream)) ||
        !cuda_ok(e, "cuda_sort_keys",
                 cuda_sort_keys(e->memory.sort_scratch, e->memory.sort_scratch_bytes,
                                e->memory.keys, e->memory.sorted, count, e->stream)) ||
        !cuda_ok(e, "cuda_order_from_keys",
                 cuda_order_from_keys(e->memory.order, e->memory.sorted, count, e->stream))) {
        return false;
    }
    e->order_epoch = epoch;
    return true;
}

/* Queues at least one of the next `steps` steps, all within one epoch; *queued is their number. */
static bool queue_some(engine *e, uint32_t steps, uint32_t *queued)
{
    const uint64_t first = e->queued;
    const bool short_end = cuda_step_samples(e, first + steps - 1) < e->config.batch_size;
    /* The graphs also serve a short batch, unless they contain products of cuBLAS, whose size is
     * that of a whole batch. */
    const bool blas = e->memory.blas_forward || e->memory.blas_backward;
    const uint32_t replayed = e->one_step == NULL ? 0 : blas && short_end ? steps - 1 : steps;
    const bool many = replayed >= CUDA_GRAPH_STEPS;
    *queued = many ? CUDA_GRAPH_STEPS : 1;
    /* Before the launch, so that a failure is reported at the first of these steps. */
    e->queued += *queued;
    if (replayed == 0) {
        return queue_step(e, cuda_step_samples(e, first));
    }
    return cuda_ok(e, "cudaGraphLaunch",
                   cudaGraphLaunch(many ? e->many_steps : e->one_step, e->stream));
}

bool cuda_queue_steps(engine *e, uint32_t steps)
{
    const uint64_t steps_per_epoch = cuda_steps_per_epoch(e);
    while (steps > 0) {
        const uint64_t epoch = e->queued / steps_per_epoch;
        const uint64_t left = steps_per_epoch - e->queued % steps_per_epoch;
        uint32_t queued = 0;
        if ((epoch != e->order_epoch && !cuda_make_order(e, epoch)) ||
            !queue_some(e, left < steps ? (uint32_t)left : steps, &queued)) {
            return false;
        }
        e->made = e->queued;
        steps -= queued;
    }
    return cuda_mark_queued(e);
}

/* The samples become the first batch of an order that begins with them. */
bool cuda_queue_gradient(engine *e, uint32_t first, uint32_t count)
{
    if (e->order_epoch != 0 && !cuda_make_order(e, 0)) {
        return false;
    }
    cuda_batch batch = training_batch(e);
    batch.order += first;
    batch.count = count;
    batch.batch_size = count;
    batch.progress = e->memory.first_step;
    batch.dropout = false;
    e->made = 0; /* its activations are overwritten */
    return cuda_clear(e, e->memory.first_step, sizeof *e->memory.first_step) &&
           queue_micro_batches(e, &batch, NULL, count) &&
           cuda_ok(e, "cuda_gradients", cuda_gradients(&batch, &e->memory.parameters, e->stream));
}

bool cuda_queue_evaluation(engine *e, const uint8_t *images, const uint8_t *labels, uint32_t count,
                           uint32_t first, uint32_t n, uint8_t *predicted)
{
    cuda_activations a = e->memory.evaluation;
    const cuda_batch batch = {
        .images = images,
        .labels = labels,
        .count = count,
        .first = first,
        .n = n,
        .batch_size = CUDA_EVALUATION_BATCH,
        .capacity = CUDA_EVALUATION_BATCH,
    };
    a.predicted = predicted;
    return queue_forward(e, &batch, &a, e->memory.blas_evaluates, e->memory.evaluation_splits, n);
}
