/* A training step and a forward pass as a handful of parallel phases. Each phase's tasks write
 * apart from each other, and each sum's order is fixed by the batch alone. */
#include "cpu_state.h"

#include <math.h>
#include <string.h>

#include "head.h"
#include "random.h"

/* What the tasks of a phase share. */
typedef struct phase {
    engine *e;
    cpu_activations *a;
    uint32_t n; /* samples */
    uint32_t groups;
    bool training;
    bool labelled;
    cpu_adam adam;
} phase;

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
    float *conv1 = ph->training ? e->conv1 + (size_t)sample * LENET_CONV1_FLOATS : s->conv1;
    float *pooled = a->pooled + (size_t)sample * CPU_POOL_STRIDE;
    uint8_t *argmax = a->argmax + (size_t)sample * LENET_FLAT;

    cpu_ink_find(a->image[sample], &s->ink);
    convert_image(a->image[sample], s->image);
    e->kernels->conv1_forward(s->image, e->parameters + LENET_CONV1_KERNEL_AT,
                              e->parameters + LENET_CONV1_BIAS_AT, conv1);
    e->kernels->conv2_forward(conv1, &s->ink, e->conv2, e->conv2_transposed,
                              e->parameters + LENET_CONV2_BIAS_AT, &s->winograd, pooled, argmax);
    if (ph->training) {
        e->kernels->dropout1(e->config.seed, e->steps_done, sample, s->bytes, pooled, argmax);
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
        head_dropout2(e->config.seed, e->steps_done, sample, hidden);
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
    if (ph->training) {
        head_backward(softmax, label, ph->n, hidden, kernel,
                      e->logits_gradient + (size_t)sample * LENET_CLASSES,
                      e->dense1_preactivation_gradient + (size_t)sample * LENET_DENSE1);
    }
}

/* Task = block of dense1's inputs: their gradient, and their weights' gradient and update. The last
 * task sums the small gradients around it. */
static void run_dense1_backward(void *context, unsigned block, unsigned worker)
{
    const phase *ph = context;
    const engine *e = ph->e;
    float *const gradients = e->gradients;
    if (block == CPU_DENSE1_BLOCKS) {
        head_weight_gradients(ph->a->dense1, e->logits_gradient, e->dense1_preactivation_gradient,
                              ph->n, gradients + LENET_DENSE2_KERNEL_AT,
                              gradients + LENET_DENSE2_BIAS_AT, gradients + LENET_DENSE1_BIAS_AT);
        return;
    }
    const cpu_dense1_weights weights = {
        .kernel = e->parameters + LENET_DENSE1_KERNEL_AT,
        .moment_m = e->moment_m + LENET_DENSE1_KERNEL_AT,
        .moment_v = e->moment_v + LENET_DENSE1_KERNEL_AT,
        .adam = &ph->adam,
    };
    e->kernels->dense1_backward(&weights, ph->a->pooled, ph->a->argmax,
                                e->dense1_preactivation_gradient, ph->n, block,
                                e->scratch[worker].dense1, e->pooled_gradient);
}

/* Task = group of samples: the convolutions' gradients, summed over the group. */
static void run_convolutions_backward(void *context, unsigned group, unsigned worker)
{
    const phase *ph = context;
    const engine *e = ph->e;
    cpu_scratch *s = &e->scratch[worker];
    cpu_conv_gradients *sums = &e->groups[group];
    memset(sums, 0, sizeof *sums);
    const uint32_t first = (uint32_t)((uint64_t)group * ph->n / ph->groups);
    const uint32_t end = (uint32_t)((uint64_t)(group + 1) * ph->n / ph->groups);
    for (uint32_t sample = first; sample < end; sample++) {
        const float *conv1 = e->conv1 + (size_t)sample * LENET_CONV1_FLOATS;
        e->kernels->conv2_backward(
            conv1, e->conv2_transposed, e->pooled_gradient + (size_t)sample * CPU_POOL_STRIDE,
            ph->a->argmax + (size_t)sample * LENET_FLAT, s->entries, sums, s->conv1);
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

/* Rows [first, first + PATCH_SLICE) of conv2's kernel [288,64]: the sum over the groups and the
 * update, both also transposed. */
static void update_conv2_slice(const phase *ph, size_t first)
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
    update_range(ph, at, PATCH_SLICE * LENET_CONV2_CHANNELS);
    for (size_t i = 0; i < PATCH_SLICE; i++) {
        for (size_t c = 0; c < LENET_CONV2_CHANNELS; c++) {
            e->conv2_transposed[c * CPU_PATCH + first + i] =
                e->parameters[at + i * LENET_CONV2_CHANNELS + c];
        }
    }
}

/* Task = slice of conv2's kernel; the last one is everything small. */
static void run_update(void *context, unsigned task, unsigned worker)
{
    (void)worker;
    const phase *ph = context;
    const engine *e = ph->e;
    const size_t stride = sizeof(cpu_conv_gradients) / sizeof(float);
    if (task < PATCH_SLICES) {
        update_conv2_slice(ph, (size_t)task * PATCH_SLICE);
        return;
    }
    e->kernels->sum(e->gradients + LENET_CONV1_KERNEL_AT, NULL, e->groups[0].conv1_kernel[0],
                    stride, ph->groups, 9 * LENET_CONV1_CHANNELS);
    e->kernels->sum(e->gradients + LENET_CONV1_BIAS_AT, NULL, e->groups[0].conv1_bias, stride,
                    ph->groups, LENET_CONV1_CHANNELS);
    e->kernels->sum(e->gradients + LENET_CONV2_BIAS_AT, NULL, e->groups[0].conv2_bias, stride,
                    ph->groups, LENET_CONV2_CHANNELS);
    update_range(ph, LENET_CONV1_KERNEL_AT, LENET_CONV2_KERNEL_AT - LENET_CONV1_KERNEL_AT);
    update_range(ph, LENET_CONV2_BIAS_AT, LENET_CONV2_CHANNELS);
    update_range(ph, LENET_DENSE1_BIAS_AT, LENET_PARAMETERS - LENET_DENSE1_BIAS_AT);
}

static void run_forward(phase *ph)
{
    const engine *e = ph->e;
    thread_pool *pool = e->pool;
    e->kernels->conv2_prepare(e->parameters + LENET_CONV1_BIAS_AT,
                              e->parameters + LENET_CONV2_KERNEL_AT,
                              e->parameters + LENET_CONV2_BIAS_AT, e->conv2);
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

/* Draws the epoch's order where it is not yet there, and points the activations at the samples of
 * the next step. Returns how many there are. */
static uint32_t gather(engine *e)
{
    const cpu_data *data = &e->data[ENGINE_TRAINING];
    const uint64_t batch = e->config.batch_size;
    const uint64_t batches = (data->count + batch - 1) / batch;
    const uint64_t epoch = e->steps_done / batches;
    if (epoch != e->order_epoch) {
        random_order(e->order, e->order_scratch, data->count, e->config.seed, epoch);
        e->order_epoch = epoch;
    }
    const uint64_t first = e->steps_done % batches * batch;
    const uint32_t n = (uint32_t)(data->count - first < batch ? data->count - first : batch);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t sample = e->order[first + i];
        e->training.image[i] = data->images + (size_t)sample * LENET_IMAGE_PIXELS;
        e->training.label[i] = data->labels[sample];
    }
    return n;
}

void cpu_step(engine *e)
{
    const uint32_t n = gather(e);
    phase ph = {
        .e = e,
        .a = &e->training,
        .n = n,
        .groups = n < CPU_MAX_GROUPS ? n : CPU_MAX_GROUPS,
        .training = true,
        .labelled = true,
        .adam = adam_of_step(&e->config, e->steps_done + 1),
    };
    run_forward(&ph);
    thread_pool_run(e->pool, run_dense1_backward, &ph, CPU_DENSE1_BLOCKS + 1);
    thread_pool_run(e->pool, run_convolutions_backward, &ph, ph.groups);
    thread_pool_run(e->pool, run_update, &ph, PATCH_SLICES + 1);

    e->steps_done++;
    e->last_samples = n;
    engine_step *metrics = &e->ring[(e->ring_first + e->ring_count++) % ENGINE_MAX_QUEUED_STEPS];
    *metrics = (engine_step){.step = e->steps_done, .samples = n};
    for (uint32_t i = 0; i < n; i++) {
        metrics->loss_sum += e->training.loss[i];
        metrics->correct += e->training.predicted[i] == e->training.label[i];
    }
}

void cpu_forward_evaluation(engine *e, uint32_t n, bool labelled)
{
    phase ph = {.e = e, .a = &e->evaluation, .n = n, .labelled = labelled};
    run_forward(&ph);
}
