/* The phases of a pass and their tasks. The tasks of a phase write to different memory, and only
 * batch and micro-batch decide the order of each sum.
 *
 * The gradients of micro-batches add up. Those of dense1 and dense2 do so in the order of the
 * samples, so they have the same bits as for the whole batch. Those of the convolutions are summed
 * in groups, each of which takes a share of every micro-batch. */
#include "cpu_pass.h"

#include <string.h>

#include "head.h"

static bool is_first(const cpu_pass *pass)
{
    return pass->first == 0;
}

static bool is_last(const cpu_pass *pass)
{
    return pass->first + pass->n == pass->total;
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
    const cpu_pass *pass = context;
    const engine *e = pass->e;
    const cpu_activations *a = pass->a;
    cpu_scratch *s = &e->scratch[worker];
    float *conv1 = pass->backward ? e->conv1 + (size_t)sample * LENET_CONV1_FLOATS : s->conv1;
    float *pooled = a->pooled + (size_t)sample * CPU_POOL_STRIDE;
    uint8_t *argmax = a->argmax + (size_t)sample * LENET_FLAT;

    cpu_ink_find(a->image[sample], &s->ink);
    convert_image(a->image[sample], s->image);
    e->kernels->conv1_forward(s->image, e->parameters + LENET_CONV1_KERNEL_AT,
                              e->parameters + LENET_CONV1_BIAS_AT, conv1);
    e->kernels->conv2_forward(conv1, &s->ink, e->conv2, e->conv2_transposed,
                              e->parameters + LENET_CONV2_BIAS_AT, &s->winograd, pooled, argmax);
    if (pass->training) {
        e->kernels->dropout1(e->config.seed, e->steps_done, pass->first + sample, s->bytes, pooled,
                             argmax);
    }
}

/* Task = split of the inputs: a partial sum of dense1 for all samples. */
static void run_dense1(void *context, unsigned split, unsigned worker)
{
    (void)worker;
    const cpu_pass *pass = context;
    const engine *e = pass->e;
    float *sums = pass->a->partial + (size_t)split * pass->a->capacity * LENET_DENSE1;
    e->kernels->dense1_forward(pass->a->pooled, pass->a->argmax, pass->n,
                               e->parameters + LENET_DENSE1_KERNEL_AT, split, sums);
}

/* Task = sample: from the partial sums to the loss, and back to the gradient of dense1's sums. */
static void run_head(void *context, unsigned sample, unsigned worker)
{
    (void)worker;
    const cpu_pass *pass = context;
    const engine *e = pass->e;
    const cpu_activations *a = pass->a;
    float *hidden = a->dense1 + (size_t)sample * LENET_DENSE1;
    float *logits = a->logits + (size_t)sample * LENET_CLASSES;
    float *softmax = a->softmax + (size_t)sample * LENET_CLASSES;
    const float *kernel = e->parameters + LENET_DENSE2_KERNEL_AT;
    const uint8_t label = a->label[sample];

    e->kernels->sum(hidden, e->parameters + LENET_DENSE1_BIAS_AT,
                    a->partial + (size_t)sample * LENET_DENSE1, (size_t)a->capacity * LENET_DENSE1,
                    CPU_DENSE1_SPLITS, LENET_DENSE1);
    if (pass->training) {
        head_dropout2(e->config.seed, e->steps_done, pass->first + sample, hidden);
    } else {
        for (int i = 0; i < LENET_DENSE1; i++) {
            hidden[i] = hidden[i] > 0 ? hidden[i] : 0;
        }
    }
    head_logits(hidden, kernel, e->parameters + LENET_DENSE2_BIAS_AT, logits);
    head_softmax(logits, softmax);
    if (pass->labelled) {
        a->loss[sample] = head_loss(logits, label);
        a->predicted[sample] = head_predicted(logits);
    }
    if (pass->backward) {
        head_backward(softmax, label, pass->total, hidden, pass->training, kernel,
                      e->logits_gradient + (size_t)sample * LENET_CLASSES,
                      e->dense1_preactivation_gradient + (size_t)sample * LENET_DENSE1);
    }
}

/* Adds the gradients of dense1's bias and of dense2, which follow dense1's kernel in the array. */
static void add_head_gradients(const cpu_pass *pass)
{
    const engine *e = pass->e;
    float *const gradients = e->gradients;
    if (is_first(pass)) {
        memset(gradients + LENET_DENSE1_BIAS_AT, 0,
               (LENET_PARAMETERS - LENET_DENSE1_BIAS_AT) * sizeof *gradients);
    }
    head_weight_gradients(pass->a->dense1, e->logits_gradient, e->dense1_preactivation_gradient,
                          pass->n, gradients + LENET_DENSE2_KERNEL_AT,
                          gradients + LENET_DENSE2_BIAS_AT, gradients + LENET_DENSE1_BIAS_AT);
}

typedef float dense1_row[LENET_DENSE1];

/* Where the gradient of a block's rows of dense1's kernel is stored. */
static dense1_row *dense1_gradient(const cpu_pass *pass, unsigned block, unsigned worker)
{
    const engine *e = pass->e;
    if (pass->training && is_first(pass) && is_last(pass)) {
        return e->scratch[worker].dense1;
    }
    dense1_row *all = (dense1_row *)(void *)(e->gradients + LENET_DENSE1_KERNEL_AT);
    return all + (size_t)block * CPU_DENSE1_BLOCK;
}

/* Task = block of dense1's inputs: their gradient, and their weights' gradient and, at the end of a
 * step, update. The last task adds the gradients of dense1's bias and of dense2. */
static void run_dense1_backward(void *context, unsigned block, unsigned worker)
{
    const cpu_pass *pass = context;
    const engine *e = pass->e;
    if (block == CPU_DENSE1_BLOCKS) {
        add_head_gradients(pass);
        return;
    }
    const cpu_dense1_weights weights = {
        .kernel = e->parameters + LENET_DENSE1_KERNEL_AT,
        .moment_m = e->moment_m + LENET_DENSE1_KERNEL_AT,
        .moment_v = e->moment_v + LENET_DENSE1_KERNEL_AT,
        .adam = &pass->adam,
        .first = is_first(pass),
        .last = pass->training && is_last(pass),
    };
    e->kernels->dense1_backward(&weights, pass->a->pooled, pass->a->argmax,
                                e->dense1_preactivation_gradient, pass->n, block,
                                dense1_gradient(pass, block, worker), e->pooled_gradient);
}

/* Task = group of samples: the convolutions' gradients, added up over the group. A micro-batch that
 * is shorter than the first one may have no samples for some groups. */
static void run_convolutions_backward(void *context, unsigned group, unsigned worker)
{
    const cpu_pass *pass = context;
    const engine *e = pass->e;
    cpu_scratch *s = &e->scratch[worker];
    cpu_conv_gradients *sums = &e->groups[group];
    if (is_first(pass)) {
        memset(sums, 0, sizeof *sums);
    }
    const uint32_t first = (uint32_t)((uint64_t)group * pass->n / pass->groups);
    const uint32_t end = (uint32_t)((uint64_t)(group + 1) * pass->n / pass->groups);
    for (uint32_t sample = first; sample < end; sample++) {
        const float *conv1 = e->conv1 + (size_t)sample * LENET_CONV1_FLOATS;
        e->kernels->conv2_backward(conv1, e->conv2_transposed,
                                   e->pooled_gradient + (size_t)sample * CPU_POOL_STRIDE,
                                   pass->a->argmax + (size_t)sample * LENET_FLAT, pass->training,
                                   s->entries, sums, s->conv1);
        convert_image(pass->a->image[sample], s->image);
        e->kernels->conv1_backward(s->image, conv1, s->conv1, sums);
    }
}

static void update_range(const cpu_pass *pass, size_t at, size_t count)
{
    const engine *e = pass->e;
    e->kernels->adam(&pass->adam, e->parameters + at, e->moment_m + at, e->moment_v + at,
                     e->gradients + at, count);
}

enum { PATCH_SLICE = 16, PATCH_SLICES = CPU_PATCH / PATCH_SLICE };

/* The gradient of rows [first, first + PATCH_SLICE) of conv2's kernel [288,64]: the sum over the
 * groups, which store it transposed. */
static void sum_conv2_slice(const cpu_pass *pass, size_t first)
{
    const engine *e = pass->e;
    const size_t at = LENET_CONV2_KERNEL_AT + first * LENET_CONV2_CHANNELS;
    for (size_t c = 0; c < LENET_CONV2_CHANNELS; c++) {
        float sum[PATCH_SLICE];
        e->kernels->sum(sum, NULL, &e->groups[0].conv2_kernel[c][first],
                        sizeof(cpu_conv_gradients) / sizeof(float), pass->groups, PATCH_SLICE);
        for (size_t i = 0; i < PATCH_SLICE; i++) {
            e->gradients[at + i * LENET_CONV2_CHANNELS + c] = sum[i];
        }
    }
}

/* Updates the same rows, and their transposed copy. */
static void update_conv2_slice(const cpu_pass *pass, size_t first)
{
    const engine *e = pass->e;
    const size_t at = LENET_CONV2_KERNEL_AT + first * LENET_CONV2_CHANNELS;
    update_range(pass, at, PATCH_SLICE * LENET_CONV2_CHANNELS);
    for (size_t i = 0; i < PATCH_SLICE; i++) {
        for (size_t c = 0; c < LENET_CONV2_CHANNELS; c++) {
            e->conv2_transposed[c * CPU_PATCH + first + i] =
                e->parameters[at + i * LENET_CONV2_CHANNELS + c];
        }
    }
}

/* conv1's gradients and those of conv2's bias. */
static void sum_small(const cpu_pass *pass)
{
    const engine *e = pass->e;
    const size_t stride = sizeof(cpu_conv_gradients) / sizeof(float);
    e->kernels->sum(e->gradients + LENET_CONV1_KERNEL_AT, NULL, e->groups[0].conv1_kernel[0],
                    stride, pass->groups, 9 * LENET_CONV1_CHANNELS);
    e->kernels->sum(e->gradients + LENET_CONV1_BIAS_AT, NULL, e->groups[0].conv1_bias, stride,
                    pass->groups, LENET_CONV1_CHANNELS);
    e->kernels->sum(e->gradients + LENET_CONV2_BIAS_AT, NULL, e->groups[0].conv2_bias, stride,
                    pass->groups, LENET_CONV2_CHANNELS);
}

/* All but the two large kernels. */
static void update_small(const cpu_pass *pass)
{
    update_range(pass, LENET_CONV1_KERNEL_AT, LENET_CONV2_KERNEL_AT - LENET_CONV1_KERNEL_AT);
    update_range(pass, LENET_CONV2_BIAS_AT, LENET_CONV2_CHANNELS);
    update_range(pass, LENET_DENSE1_BIAS_AT, LENET_PARAMETERS - LENET_DENSE1_BIAS_AT);
}

/* Task = slice of conv2's kernel; the last task has all small tensors. Each sums the groups'
 * gradients. */
static void run_sums(void *context, unsigned task, unsigned worker)
{
    (void)worker;
    const cpu_pass *pass = context;
    if (task < PATCH_SLICES) {
        sum_conv2_slice(pass, (size_t)task * PATCH_SLICE);
    } else {
        sum_small(pass);
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

void cpu_pass_forward(cpu_pass *pass)
{
    const engine *e = pass->e;
    thread_pool *pool = e->pool;
    thread_pool_run(pool, run_convolutions, pass, pass->n);
    thread_pool_run(pool, run_dense1, pass, CPU_DENSE1_SPLITS);
    thread_pool_run(pool, run_head, pass, pass->n);
}

void cpu_pass_backward(cpu_pass *pass)
{
    thread_pool *pool = pass->e->pool;
    thread_pool_run(pool, run_dense1_backward, pass, CPU_DENSE1_BLOCKS + 1);
    thread_pool_run(pool, run_convolutions_backward, pass, pass->groups);
}

void cpu_pass_sum(cpu_pass *pass)
{
    thread_pool_run(pass->e->pool, run_sums, pass, PATCH_SLICES + 1);
}

void cpu_pass_update(cpu_pass *pass)
{
    thread_pool_run(pass->e->pool, run_update, pass, PATCH_SLICES + 1);
}
