/* A training step, a gradient and an evaluation's forward pass, of which cpu_pass.c has the phases.
 * A step runs a pass for each micro-batch, then makes one update. */
#include "cpu_pass.h"

#include <math.h>

#include "random.h"

static void prepare_conv2(const engine *e)
{
    e->kernels->conv2_prepare(e->parameters + LENET_CONV1_BIAS_AT,
                              e->parameters + LENET_CONV2_KERNEL_AT,
                              e->parameters + LENET_CONV2_BIAS_AT, e->conv2);
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
static cpu_pass begin_backward(engine *e, uint32_t total)
{
    prepare_conv2(e);
    return (cpu_pass){
        .e = e,
        .a = &e->training,
        .labelled = true,
        .backward = true,
        .total = total,
        .groups = least(least(total, e->training.capacity), CPU_MAX_GROUPS),
    };
}

/* The micro-batch of samples[total] that begins at pass->first. */
static void run_micro_batch(cpu_pass *pass, const uint32_t *samples)
{
    pass->n = least(pass->total - pass->first, pass->a->capacity);
    gather(pass->e, samples + pass->first, pass->n);
    cpu_pass_forward(pass);
    cpu_pass_backward(pass);
}

static void add_metrics(const cpu_pass *pass, engine_step *metrics)
{
    const cpu_activations *a = pass->a;
    for (uint32_t i = 0; i < pass->n; i++) {
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
static bool run_micro_batches(cpu_pass *pass, const uint32_t *samples, engine_step *metrics)
{
    for (; pass->first < pass->total; pass->first += pass->n) {
        if (is_stopped(pass->e)) {
            return false;
        }
        run_micro_batch(pass, samples);
        add_metrics(pass, metrics);
    }
    return true;
}

bool cpu_step(engine *e)
{
    uint32_t count;
    const uint32_t *samples = samples_of_step(e, &count);
    engine_step metrics = {.step = e->steps_done + 1, .samples = count};
    cpu_pass pass = begin_backward(e, count);
    pass.training = true;
    pass.adam = adam_of_step(&e->config, metrics.step);
    if (!run_micro_batches(&pass, samples, &metrics)) {
        if (pass.first > 0) {
            e->last_samples = 0; /* the buffers hold parts of the step that was broken off */
        }
        return false;
    }
    cpu_pass_update(&pass);

    e->steps_done++;
    e->last_samples = pass.n;
    e->dense1_gradient_kept = count > e->training.capacity;
    e->ring[(e->ring_first + e->ring_count++) % ENGINE_MAX_QUEUED_STEPS] = metrics;
    return true;
}

void cpu_make_gradient(engine *e, uint32_t first, uint32_t count)
{
    draw_order(e, 0);
    cpu_pass pass = begin_backward(e, count);
    for (; pass.first < count; pass.first += pass.n) {
        run_micro_batch(&pass, e->order + first);
    }
    cpu_pass_sum(&pass);
    e->last_samples = 0; /* its buffers hold another pass */
}

void cpu_forward_evaluation(engine *e, uint32_t n, bool labelled)
{
    cpu_pass pass = {.e = e, .a = &e->evaluation, .n = n, .labelled = labelled};
    prepare_conv2(e);
    cpu_pass_forward(&pass);
}
