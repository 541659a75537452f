#include "kernel_meter.h"

#include <assert.h>
#include <stdatomic.h>

#include "clock.h"
#include "head.h"

const char *const meter_names[METER_KERNELS] = {
    [METER_CONV1_FORWARD] = "conv1 forward",
    [METER_CONV2_PREPARE] = "conv2 weights' transform",
    [METER_CONV2_FORWARD] = "conv2 forward",
    [METER_DROPOUT1] = "dropout1",
    [METER_DENSE1_FORWARD] = "dense1 forward",
    [METER_HEAD] = "head",
    [METER_DENSE1_BACKWARD] = "dense1 backward, its Adam",
    [METER_CONV2_BACKWARD] = "conv2 backward",
    [METER_CONV1_BACKWARD] = "conv1 backward",
    [METER_SUM] = "sums over groups, splits",
    [METER_ADAM] = "Adam of the rest",
};

enum {
    MAX_THREADS = 1024,
    FLOAT_BYTES = 4,
    CONV1_MULTIPLY_ADDS = LENET_CONV1_FLOATS * 9,
    CONV1_BYTES = LENET_CONV1_FLOATS * FLOAT_BYTES,
    IMAGE_BYTES = LENET_IMAGE_PIXELS * FLOAT_BYTES,
    POOL_BYTES = LENET_FLAT * (FLOAT_BYTES + 1), /* each value with its argmax */
    CONV2_WEIGHTS = CPU_PATCH * LENET_CONV2_CHANNELS,
    DENSE2_WEIGHTS = LENET_DENSE1 * LENET_CLASSES,
};

static const cpu_kernels *real;
static meter_mode mode;
static meter_total totals[MAX_THREADS][METER_KERNELS];

static meter_total *total_of(meter_kernel kernel)
{
    static atomic_uint threads;
    static _Thread_local unsigned number; /* from 1; 0 if it has none yet */
    if (number == 0) {
        number = atomic_fetch_add(&threads, 1) + 1;
    }
    assert(number <= MAX_THREADS);
    return &totals[number % MAX_THREADS][kernel];
}

static double begin(void)
{
    return mode == METER_TIME ? seconds_now() : 0;
}

static void end(meter_kernel kernel, double began)
{
    if (mode == METER_TIME) {
        total_of(kernel)->seconds += seconds_now() - began;
    }
}

static void count(meter_kernel kernel, double multiply_adds, double bytes)
{
    if (mode == METER_COUNT) {
        total_of(kernel)->multiply_adds += multiply_adds;
        total_of(kernel)->bytes += bytes;
    }
}

/* How many of `n` inputs are open: passed by ReLU and kept by dropout. */
static uint32_t open_argmaxes(const uint8_t *argmax, size_t n)
{
    uint32_t open = 0;
    for (size_t i = 0; i < n; i++) {
        open += argmax[i] != CPU_ROUTE_NONE;
    }
    return open;
}

static double open_of_samples(const uint8_t *argmax, uint32_t n, size_t first, size_t width)
{
    double open = 0;
    for (size_t sample = 0; sample < n; sample++) {
        open += open_argmaxes(argmax + sample * LENET_FLAT + first, width);
    }
    return open;
}

/* The pooling windows of conv2 that see ink. Only these are computed. */
static int windows_with_ink(const cpu_ink *ink)
{
    int windows = 0;
    for (int place = 0; place < CPU_POSITIONS; place++) {
        const int y = 2 * (place / LENET_POOL_SIDE);
        const int x = 2 * (place % LENET_POOL_SIDE);
        windows += ((ink->row[y] | ink->row[y + 1]) >> x & 3) != 0;
    }
    return windows;
}

static void conv1_forward(const float *image, const float *kernel, const float *bias, float *out)
{
    const double began = begin();
    real->conv1_forward(image, kernel, bias, out);
    end(METER_CONV1_FORWARD, began);
    count(METER_CONV1_FORWARD, CONV1_MULTIPLY_ADDS, IMAGE_BYTES + CONV1_BYTES);
}

static void conv2_prepare(const float *conv1_bias, const float *kernel, const float *bias,
                          cpu_conv2 *out)
{
    const double began = begin();
    real->conv2_prepare(conv1_bias, kernel, bias, out);
    end(METER_CONV2_PREPARE, began);
    count(METER_CONV2_PREPARE, 0, CONV2_WEIGHTS * FLOAT_BYTES + sizeof *out);
}

static void conv2_forward(const float *conv1, const cpu_ink *ink, const cpu_conv2 *weights,
                          const float *kernel_transposed, const float *bias,
                          cpu_winograd_scratch *scratch, float *pooled, uint8_t *argmax)
{
    const double began = begin();
    real->conv2_forward(conv1, ink, weights, kernel_transposed, bias, scratch, pooled, argmax);
    end(METER_CONV2_FORWARD, began);
    if (mode == METER_COUNT) {
        const double a_window = CPU_WINOGRAD_POINTS * LENET_CONV1_CHANNELS * LENET_CONV2_CHANNELS;
        count(METER_CONV2_FORWARD, windows_with_ink(ink) * a_window, CONV1_BYTES + POOL_BYTES);
    }
}

static void dropout1(uint64_t seed, uint64_t step, uint32_t sample, uint8_t *bytes, float *pooled,
                     uint8_t *argmax)
{
    const double began = begin();
    real->dropout1(seed, step, sample, bytes, pooled, argmax);
    end(METER_DROPOUT1, began);
    count(METER_DROPOUT1, 0, 2 * POOL_BYTES);
}

static void dense1_forward(const float *pooled, const uint8_t *argmax, uint32_t n,
                           const float *kernel, unsigned split, float *sums)
{
    const double began = begin();
    real->dense1_forward(pooled, argmax, n, kernel, split, sums);
    end(METER_DENSE1_FORWARD, began);
    if (mode == METER_COUNT) {
        const double open =
            open_of_samples(argmax, n, (size_t)split * CPU_DENSE1_SPLIT, CPU_DENSE1_SPLIT);
        count(METER_DENSE1_FORWARD, open * LENET_DENSE1,
              CPU_DENSE1_SPLIT * LENET_DENSE1 * FLOAT_BYTES +
                  (double)n * (CPU_DENSE1_SPLIT * (FLOAT_BYTES + 1) + LENET_DENSE1 * FLOAT_BYTES));
    }
}

static void dense1_backward(const cpu_dense1_weights *weights, const float *pooled,
                            const uint8_t *argmax, const float *preactivation_gradient, uint32_t n,
                            unsigned block, float (*gradient)[LENET_DENSE1], float *pooled_gradient)
{
    const double began = begin();
    real->dense1_backward(weights, pooled, argmax, preactivation_gradient, n, block, gradient,
                          pooled_gradient);
    end(METER_DENSE1_BACKWARD, began);
    if (mode == METER_COUNT) {
        const double open =
            open_of_samples(argmax, n, (size_t)block * CPU_DENSE1_BLOCK, CPU_DENSE1_BLOCK);
        /* The weights and their moments, read and written; the inputs and their gradients. */
        count(METER_DENSE1_BACKWARD, 2 * open * LENET_DENSE1,
              2.0 * 3 * CPU_DENSE1_BLOCK * LENET_DENSE1 * FLOAT_BYTES +
                  (double)n * CPU_DENSE1_BLOCK * (2 * FLOAT_BYTES + 1));
    }
}

static void conv2_backward(const float *conv1, const float *kernel_transposed,
                           const float *pooled_gradient, const uint8_t *argmax, bool dropout,
                           struct cpu_entry (*entries)[CPU_POSITIONS], cpu_conv_gradients *sums,
                           float *conv1_gradient)
{
    const double began = begin();
    real->conv2_backward(conv1, kernel_transposed, pooled_gradient, argmax, dropout, entries, sums,
                         conv1_gradient);
    end(METER_CONV2_BACKWARD, began);
    if (mode == METER_COUNT) {
        count(METER_CONV2_BACKWARD, 2.0 * CPU_PATCH * open_argmaxes(argmax, LENET_FLAT),
              2 * CONV1_BYTES + POOL_BYTES + 3 * CONV2_WEIGHTS * FLOAT_BYTES);
    }
}

static void conv1_backward(const float *image, const float *conv1, const float *conv1_gradient,
                           cpu_conv_gradients *sums)
{
    const double began = begin();
    real->conv1_backward(image, conv1, conv1_gradient, sums);
    end(METER_CONV1_BACKWARD, began);
    count(METER_CONV1_BACKWARD, CONV1_MULTIPLY_ADDS, IMAGE_BYTES + 2 * CONV1_BYTES);
}

static void adam(const cpu_adam *how, float *p, float *m, float *v, const float *gradient, size_t n)
{
    const double began = begin();
    real->adam(how, p, m, v, gradient, n);
    end(METER_ADAM, began);
    count(METER_ADAM, 0, (double)n * 7 * FLOAT_BYTES);
}

static void sum(float *to, const float *start, const float *from, size_t stride, size_t terms,
                size_t n)
{
    const double began = begin();
    real->sum(to, start, from, stride, terms, n);
    end(METER_SUM, began);
    count(METER_SUM, 0, (double)(n * (terms + 1)) * FLOAT_BYTES);
}

/* The linker (--wrap) turns the engine's calls of head.h into calls of __wrap_…. The real functions
 * are __real_…. */
void __real_head_dropout2(uint64_t seed, uint64_t step, uint32_t sample, float *hidden);
void __real_head_logits(const float *hidden, const float *kernel, const float *bias, float *logits);
void __real_head_softmax(const float *logits, float *softmax);
double __real_head_loss(const float *logits, uint8_t label);
void __real_head_backward(const float *softmax, uint8_t label, uint32_t batch, const float *hidden,
                          bool dropout, const float *kernel, float *logits_gradient,
                          float *preactivation_gradient);
void __real_head_weight_gradients(const float *hidden, const float *logits_gradient,
                                  const float *preactivation_gradient, uint32_t n, float *kernel,
                                  float *bias, float *dense1_bias);
void __wrap_head_dropout2(uint64_t seed, uint64_t step, uint32_t sample, float *hidden);
void __wrap_head_logits(const float *hidden, const float *kernel, const float *bias, float *logits);
void __wrap_head_softmax(const float *logits, float *softmax);
double __wrap_head_loss(const float *logits, uint8_t label);
void __wrap_head_backward(const float *softmax, uint8_t label, uint32_t batch, const float *hidden,
                          bool dropout, const float *kernel, float *logits_gradient,
                          float *preactivation_gradient);
void __wrap_head_weight_gradients(const float *hidden, const float *logits_gradient,
                                  const float *preactivation_gradient, uint32_t n, float *kernel,
                                  float *bias, float *dense1_bias);

void __wrap_head_dropout2(uint64_t seed, uint64_t step, uint32_t sample, float *hidden)
{
    const double began = begin();
    __real_head_dropout2(seed, step, sample, hidden);
    end(METER_HEAD, began);
}

void __wrap_head_logits(const float *hidden, const float *kernel, const float *bias, float *logits)
{
    const double began = begin();
    __real_head_logits(hidden, kernel, bias, logits);
    end(METER_HEAD, began);
    count(METER_HEAD, DENSE2_WEIGHTS, DENSE2_WEIGHTS * FLOAT_BYTES);
}

void __wrap_head_softmax(const float *logits, float *softmax)
{
    const double began = begin();
    __real_head_softmax(logits, softmax);
    end(METER_HEAD, began);
}

double __wrap_head_loss(const float *logits, uint8_t label)
{
    const double began = begin();
    const double loss = __real_head_loss(logits, label);
    end(METER_HEAD, began);
    return loss;
}

void __wrap_head_backward(const float *softmax, uint8_t label, uint32_t batch, const float *hidden,
                          bool dropout, const float *kernel, float *logits_gradient,
                          float *preactivation_gradient)
{
    const double began = begin();
    __real_head_backward(softmax, label, batch, hidden, dropout, kernel, logits_gradient,
                         preactivation_gradient);
    end(METER_HEAD, began);
    count(METER_HEAD, DENSE2_WEIGHTS, DENSE2_WEIGHTS * FLOAT_BYTES);
}

void __wrap_head_weight_gradients(const float *hidden, const float *logits_gradient,
                                  const float *preactivation_gradient, uint32_t n, float *kernel,
                                  float *bias, float *dense1_bias)
{
    const double began = begin();
    __real_head_weight_gradients(hidden, logits_gradient, preactivation_gradient, n, kernel, bias,
                                 dense1_bias);
    end(METER_HEAD, began);
    count(METER_HEAD, (double)n * DENSE2_WEIGHTS, (double)n * 2 * LENET_DENSE1 * FLOAT_BYTES);
}

const cpu_kernels *meter_wrap(const cpu_kernels *kernels)
{
    static cpu_kernels wrapped;
    real = kernels;
    wrapped = *kernels;
    wrapped.conv1_forward = conv1_forward;
    wrapped.conv2_prepare = conv2_prepare;
    wrapped.conv2_forward = conv2_forward;
    wrapped.dropout1 = dropout1;
    wrapped.dense1_forward = dense1_forward;
    wrapped.dense1_backward = dense1_backward;
    wrapped.conv2_backward = conv2_backward;
    wrapped.conv1_backward = conv1_backward;
    wrapped.adam = adam;
    wrapped.sum = sum;
    return &wrapped;
}

void meter_set_mode(meter_mode to)
{
    mode = to;
}

meter_total meter_read(meter_kernel kernel)
{
    meter_total all = {0};
    for (int i = 0; i < MAX_THREADS; i++) {
        all.seconds += totals[i][kernel].seconds;
        all.multiply_adds += totals[i][kernel].multiply_adds;
        all.bytes += totals[i][kernel].bytes;
    }
    return all;
}
