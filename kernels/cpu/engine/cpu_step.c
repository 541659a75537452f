/* A training step, a gradient and a forward pass as a few parallel phases. The tasks of a phase
 * write to different memory, and only batch and micro-batch decide the order of each sum.
 *
 * A step runs its phases once for each micro-batch, and adds up the gradients: those of dense1 and
 * dense2 in the order of the samples, so they have the same bits as for the whole batch; those of
 * the convolutions in groups, each of which takes a share of every micro-batch. */
#include "cpu_state.h"

#include <math.h>
#include <string.h>

#include "head.h"
#include "random.h"

/* What the tasks of a phase share: the samples of a micro-batch, or of an evaluation's forward
 * pass. */
typedef struct phase {
    engine *e;
    cpu_activations *a;
    uint32_t n; /* samples */
    bool labelled;
    bool backward; /* of the gradients; not used in an evaluation */
    bool training; /* a step: with dropout, and with the update by the gradients */

    /* Of a backward pass. */
    uint32_t first; /* where the micro-batch begins */
    uint32_t total; /* samples of all micro-batches */
    uint32_t groups;
    cpu_adam adam; /* of a step */
} phase;

static bool is_first(const phase *ph)
{
    return ph->first == 0;
}

static bool is_last(const phase *ph)
{
    return ph->first + ph->n == ph->total;
}

/* Bytes to the network's input, byte / 255 as one rounding. */
static void convert_image(const uint8_t *bytes, float *out)
{
    for (int i = 0; i < LENET_IMAGE_PIXELS; i++) {
        out[i] = (float)bytes[i] / 255.0f;
    }
}

/* Task = sample: up to the pooled activations. */
static void run_convolutions(void *context, unsigned sample, unsigned worker)
{
    const phase *ph = context;
    const engine *e = ph->e;
    const cpu_activations *a = ph->a;
    cpu_scratch *s = &e->scratch[worker];
    float *conv1 = ph->backward ? e->conv1 + (size_t)sample * LENET_CONV1_FLOATS : s->conv1;
    float *pooled = a->pooled + (size_t)sample * CPU_POOL_STRIDE;
    uint8_t *argmax = a->argmax + (size_t)sample * LENET_FLAT;

    cpu_ink_find(a->image[sample], &s->ink);
    convert_image(a->image[sample], s->image);
    e->kernels->conv1_forward(s->image, e->parameters + LENET_CONV1_KERNEL_AT,
                              e->parameters + LENET_CONV1_BIAS_AT, conv1);
    e->kernels->conv2_forward(conv1, &s->ink, e->conv2, e->conv2_transposed,
                              e->parameters + LENET_CONV2_BIAS_AT, &s->winograd, pooled, argmax);
    if (ph->training) {
        e->kernels->dropout1(e->config.seed, e->steps_done, ph->first + sample, s->bytes, pooled,
                             argmax);
    }
}

/* Task = split of the inputs: a partial sum of dense1 for all samples. */
static void run_dense1(void *context, unsigned split, unsigned worker)
{
    (void)worker;
    const phase *ph = context;
    const engine *e = ph->e;
    float *sums = ph->a->partial + (size_t)split * ph->a->capacity * LENET_DENSE1;
    e->kernels->dense1_forward(ph->a->pooled, ph->a->argmax, ph->n,
                               e->parameters + LENET_DENSE1_KERNEL_AT, split, sums);
}

/* Task = sample: from the partial sums to the loss, and back to the gradient of dense1's sums. */
static void run_head(void *context, unsigned sample, unsigned worker)
{
    (void)worker;
    const phase *ph = context;
    const engine *e = ph->e;
    const cpu_activations *a = ph->a;
    float *hidden = a->dense1 + (size_t)sample * LENET_DENSE1;
    float *logits = a->logits + (size_t)sample * LENET_CLASSES;
    float *softmax = a->softmax + (size_t)sample * LENET_CLASSES;
    const float *kernel = e->parameters + LENET_DENSE2_KERNEL_AT;
    const uint8_t label = a->label[sample];

    e->kernels->sum(hidden, e->parameters + LENET_DENSE1_BIAS_AT,
                    a->partial + (size_t)sample * LENET_DENSE1, (size_t)a->capacity * LENET_DENSE1,
                    CPU_DENSE1_SPLITS, LENET_DENSE1);
    if (ph->training) {
        head_dropout2(e->config.seed, e->steps_done, ph->first + sample, hidden);
    } else {
        for (int i = 0; i < LENET_DENSE1; i++) {
            hidden[i] = hidden[i] > 0 ? hidden[i] : 0;
        }
    }
    head_logits(hidden, kernel, e->parameters + LENET_DENSE2_BIAS_AT, logits);
    head_softmax(logits, softmax);
    if (ph->labelled) {
        a->loss[sample] = head_loss(logits, label);
        a->predicted[sample] = head_predicted(logits);
    }
    if (ph->backward) {
        head_backward(softmax, label, ph->total, hidden, ph->training, kernel,
                      e->logits_gradient + (size_t)sample * LENET_CLASSES,
                      e->dense1_preactivation_gradient + (size_t)sample * LENET_DENSE1);
    }
}

/* Adds the small gradients before and after dense1's kernel, which are contiguous. */
static void add_head_gradients(const phase *ph)
{
    const engine *e = ph->e;
    float *const gradients = e->gradients;
    if (is_first(ph)) {
        memset(gradients + LENET_DENSE1_BIAS_AT, 0,
               (LENET_PARAMETERS - LENET_DENSE1_BIAS_AT) * sizeof *gradients);
    }
    head_weight_gradients(ph->a->dense1, e->logits_gradient, e->dense1_preactivation_gradient,
                          ph->n, gradients + LENET_DENSE2_KERNEL_AT,
                          gradients + LENET_DENSE2_BIAS_AT, gradients + LENET_DENSE1_BIAS_AT);
}

typedef float dense1_row[LENET_DENSE1];

/* The place of the gradient of a block's rows of dense1's kernel. */
static dense1_row *dense1_gradient(const phase *ph, unsigned block, unsigned worker)
{
    const engine *e = ph->e;
    if (ph->training && is_first(ph) && is_last(ph)) {
        return e->scratch[worker].dense1;
    }
    dense1_row *all = (dense1_row *)(void *)(e->gradients + LENET_DENSE1_KERNEL_AT);
    return all + (size_t)block * CPU_DENSE1_BLOCK;
}

/* Task = block of dense1's inputs: their gradient, and their weights' gradient and, at the end of a
 * step, update. The last task adds the small gradients around it. */
static void run_dense1_backward(void *context, unsigned block, unsigned worker)
{
    const phase *ph = context;
    const engine *e = ph->e;
    if (block == CPU_DENSE1_BLOCKS) {
        add_head_gradients(ph);
        return;
    }
    const cpu_dense1_weights weights = {
        .kernel = e->parameters + LENET_DENSE1_KERNEL_AT,
        .moment_m = e->moment_m + LENET_DENSE1_KERNEL_AT,
        .moment_v = e->moment_v + LENET_DENSE1_KERNEL_AT,
        .adam = &ph->adam,
        .first = is_first(ph),
        .last = ph->training && is_last(ph),
    };
    e->kernels->dense1_backward(&weights, ph->a->pooled, ph->a->argmax,
                                e->dense1_preactivation_gradient, ph->n, block,
                                dense1_gradient(ph, block, worker), e->pooled_gradient);
}

/* Task = group of samples: the convolutions' gradients, added up over the group. A micro-batch that
 * is shorter than the first one may have no samples for some groups. */
static void run_convolutions_backward(void *context, unsigned group, unsigned worker)
{
    const phase *ph = context;
    const engine *e = ph->e;
    cpu_scratch *s = &e->scratch[worker];
    cpu_conv_gradients *sums = &e->groups[group];
    if (is_first(ph)) {
        memset(sums, 0, sizeof *sums);
    }
    const uint32_t first = (uint32_t)((uint64_t)group * ph->n / ph->groups);
    const uint32_t end = (uint32_t)((uint64_t)(group + 1) * ph->n / ph->groups);
    for (uint32_t sample = first; sample < end; sample++) {
        const float *conv1 = e->conv1 + (size_t)sample * LENET_CONV1_FLOATS;
        e->kernels->conv2_backward(
            conv1, e->conv2_transposed, e->pooled_gradient + (size_t)sample * CPU_POOL_STRIDE,
            ph->a->argmax + (size_t)sample * LENET_FLAT, ph->training, s->entries, sums, s->conv1);
        convert_image(ph->a->image[sample], s->image);
        e->kernels->conv1_backward(s->image, conv1, s->conv1, sums);
    }
}

static void update_range(const phase *ph, size_t at, size_t count)
{
    const engine *e = ph->e;
    e->kernels->adam(&ph->adam, e->parameters + at, e->moment_m + at, e->moment_v + at,
                     e->gradients + at, count);
}

enum { PATCH_SLICE = 16, PATCH_SLICES = CPU_PATCH / PATCH_SLICE };

/* The gradient of rows [first, first + PATCH_SLICE) of conv2's kernel [288,64]: the sum over the
 * groups, which have it transposed. */
static void sum_conv2_slice(const phase *ph, size_t first)
{
    const engine *e = ph->e;
    const size_t at = LENET_CONV2_KERNEL_AT + first * LENET_CONV2_CHANNELS;
    for (size_t c = 0; c < LENET_CONV2_CHANNELS; c++) {
        float sum[PATCH_SLICE];
        e->kernels->sum(sum, NULL, &e->groups[0].conv2_kernel[c][first],
                        sizeof(cpu_conv_gradients) / sizeof(float), ph->groups, PATCH_SLICE);
        for (size_t i = 0; i < PATCH_SLICE; i++) {
            e->gradients[at + i * LENET_CONV2_CHANNELS + c] = sum[i];
        }
    }
}

/* The same rows' update, also transposed. */
static void update_conv2_slice(const phase *ph, size_t first)
{
    const engine *e = ph->e;
    const size_t at = LENET_CONV2_KERNEL_AT + first * LENET_CONV2_CHANNELS;
    update_range(ph, at, PATCH_SLICE * LENET_CONV2_CHANNELS);
    for (size_t i = 0; i < PATCH_SLICE; i++) {
        for (size_t c = 0; c < LENET_CONV2_CHANNELS; c++) {
            e->conv2_transposed[c * CPU_PATCH + first + i] =
                e->parameters[at + i * LENET_CONV2_CHANNELS + c];
        }
    }
}

/* conv1's gradients and those of conv2's bias. */
static void sum_small(const phase *ph)
{
    const engine *e = ph->e;
    const size_t stride = sizeof(cpu_conv_gradients) / sizeof(float);
    e->kernels->sum(e->gradients + LENET_CONV1_KERNEL_AT, NULL, e->groups[0].conv1_kernel[0],
                    stride, ph->groups, 9 * LENET_CONV1_CHANNELS);
    e->kernels->sum(e->gradients + LENET_CONV1_BIAS_AT, NULL, e->groups[0].conv1_bias, stride,
                    ph->groups, LENET_CONV1_CHANNELS);
    e->kernels->sum(e->gradients + LENET_CONV2_BIAS_AT, NULL, e->groups[0].conv2_bias, stride,
                    ph->groups, LENET_CONV2_CHANNELS);
}

/* All but the two large kernels. */
static void update_small(const phase *ph)
{
    update_range(ph, LENET_CONV1_KERNEL_AT, LENET_CONV2_KERNEL_AT - LENET_CONV1_KERNEL_AT);
    update_range(ph, LENET_CONV2_BIAS_AT, LENET_CONV2_CHANNELS);
    update_range(ph, LENET_DENSE1_BIAS_AT, LENET_PARAMETERS - LENET_DENSE1_BIAS_AT);
}

/* Task = slice of conv2's kernel; the last one is everything small. Each sums what is in groups. */
static void run_sums(void *context, unsigned task, unsigned worker)
{
    (void)worker;
    const phase *ph = context;
    if (task < PATCH_SLICES) {
        sum_conv2_slice(ph, (size_t)task * PATCH_SLICE);
    } else {
        sum_small(ph);
    }
}

/* The same tasks, each followed by its update. */
static void run_update(void *context, unsigned task, unsigned worker)
{
    run_sums(context, task, worker);
    if (task < PATCH_SLICES) {
        update_conv2_slice(context, (size_t)task * PATCH_SLICE);
    } else {
        update_small(context);
    }
}

static void prepare_conv2(const engine *e)
{
    e->kernels->conv2_prepare(e->parameters + LENET_CONV1_BIAS_AT,
                              e->parameters + LENET_CONV2_KERNEL_AT,
                              e->parameters + LENET_CONV2_BIAS_AT, e->conv2);
}

/* After prepare_conv2. */
static void run_forward(phase *ph)
{
    const engine *e = ph->e;
    thread_pool *pool = e->pool;
    thread_pool_run(pool, run_convolutions, ph, ph->n);
    thread_pool_run(pool, run_dense1, ph, CPU_DENSE1_SPLITS);
    thread_pool_run(pool, run_head, ph, ph->n);
}

void cpu_transpose_conv2(engine *e)
{
    const float *kernel = e->parameters + LENET_CONV2_KERNEL_AT;
    for (size_t i = 0; i < CPU_PATCH; i++) {
        for (size_t c = 0; c < LENET_CONV2_CHANNELS; c++) {
            e->conv2_transposed[c * CPU_PATCH + i] = kernel[i * LENET_CONV2_CHANNELS + c];
        }
    }
}

static cpu_adam adam_of_step(const engine_config *config, uint64_t t)
{
    const double correction_1 = 1 - pow(config->beta_1, (double)t);
    const double correction_2 = 1 - pow(config->beta_2, (double)t);
    const cpu_adam adam = {
        .alpha = (float)(config->learning_rate * sqrt(correction_2) / correction_1),
        .one_minus_beta_1 = (float)(1 - config->beta_1),
        .one_minus_beta_2 = (float)(1 - config->beta_2),
        .epsilon = (float)config->epsilon,
    };
    return adam;
}

/* Draws the epoch's order if it is not there yet. */
static void draw_order(engine *e, uint64_t epoch)
{
    if (epoch != e->order_epoch) {
        random_order(e->order, e->order_scratch, e->data[ENGINE_TRAINING].count, e->config.seed,
                     epoch);
        e->order_epoch = epoch;
    }
}

/* The samples of the next step, `*count` of them. */
static const uint32_t *samples_of_step(engine *e, uint32_t *count)
{
    const uint32_t all = e->data[ENGINE_TRAINING].count;
    const uint64_t batch = e->config.batch_size;
    const uint64_t batches = engine_steps_per_epoch(all, e->config.batch_size);
    draw_order(e, e->steps_done / batches);
    const uint64_t first = e->steps_done % batches * batch;
    *count = (uint32_t)(all - first < batch ? all - first : batch);
    return e->order + first;
}

/* Points the activations at n samples. */
static void gather(engine *e, const uint32_t *samples, uint32_t n)
{
    const engine_data *data = &e->data[ENGINE_TRAINING];
    for (uint32_t i = 0; i < n; i++) {
        e->training.image[i] = data->images + (size_t)samples[i] * LENET_IMAGE_PIXELS;
        e->training.label[i] = data->labels[samples[i]];
    }
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The forward and backward pass of `total` samples, before its first micro-batch. */
static phase begin_backward(engine *e, uint32_t total)
{
    prepare_conv2(e);
    return (phase){
        .e = e,
        .a = &e->training,
        .labelled = true,
        .backward = true,
        .total = total,
        .groups = least(least(total, e->training.capacity), CPU_MAX_GROUPS),
    };
}

/* The micro-batch of samples[total] that begins at ph->first. */
static void run_micro_batch(phase *ph, const uint32_t *samples)
{
    thread_pool *pool = ph->e->pool;
    ph->n = least(ph->total - ph->first, ph->a->capacity);
    gather(ph->e, samples + ph->first, ph->n);
    run_forward(ph);
    thread_pool_run(pool, run_dense1_backward, ph, CPU_DENSE1_BLOCKS + 1);
    thread_pool_run(pool, run_convolutions_backward, ph, ph->groups);
}

static void add_metrics(const phase *ph, engine_step *metrics)
{
    const cpu_activations *a = ph->a;
    for (uint32_t i = 0; i < ph->n; i++) {
        metrics->loss_sum += a->loss[i];
        metrics->correct += a->predicted[i] == a->label[i];
    }
}

static bool is_stopped(const engine *e)
{
    return e->config.is_stopped != NULL && e->config.is_stopped();
}

/* All of the step but its update, which begins in its last micro-batch. False if the run is stopped
 * before that one; then parameters and moments are as they were. */
static bool run_micro_batches(phase *ph, const uint32_t *samples, engine_step *metrics)
{
    for (; ph->first < ph->total; ph->first += ph->n) {
        if (is_stopped(ph->e)) {
            return false;
        }
        run_micro_batch(ph, samples);
        add_metrics(ph, metrics);
    }
    return true;
}

bool cpu_step(engine *e)
{
    uint32_t count;
    const uint32_t *samples = samples_of_step(e, &count);
    engine_step metrics = {.step = e->steps_done + 1, .samples = count};
    phase ph = begin_backward(e, count);
    ph.training = true;
    ph.adam = adam_of_step(&e->config, metrics.step);
    if (!run_micro_batches(&ph, samples, &metrics)) {
        if (ph.first > 0) {
            e->last_samples = 0; /* the buffers hold parts of the step that was broken off */
        }
        return false;
    }
    thread_pool_run(e->pool, run_update, &ph, PATCH_SLICES + 1);

    e->steps_done++;
    e->last_samples = ph.n;
    e->dense1_gradient_kept = count > e->training.capacity;
    e->ring[(e->ring_first + e->ring_count++) % ENGINE_MAX_QUEUED_STEPS] = metrics;
    return true;
}

void cpu_make_gradient(engine *e, uint32_t first, uint32_t count)
{
    draw_order(e, 0);
    phase ph = begin_backward(e, count);
    for (; ph.first < count; ph.first += ph.n) {
        run_micro_batch(&ph, e->order + first);
    }
    thread_pool_run(e->pool, run_sums, &ph, PATCH_SLICES + 1);
    e->last_samples = 0; /* its buffers hold another pass */
}

void cpu_forward_evaluation(engine *e, uint32_t n, bool labelled)
{
    phase ph = {.e = e, .a = &e->evaluation, .n = n, .labelled = labelled};
    prepare_conv2(e);
    run_forward(&ph);
}
