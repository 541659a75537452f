#include "wrong_engine.h"

#include <assert.h>
#include <string.h>

#include "cpu_kernels.h"
#include "engine_tables.h"

const char *const engine_fault_names[ENGINE_FAULTS] = {
    "none", "scaled-kernel", "lost-bias-gradient", "sign", "beta", "swapped-samples",
    "mask", "dropout-scale",
};

static engine_fault planted;
static const cpu_kernels *right; /* the real ones, which the wrong ones call */
static cpu_kernels wrong;

static void scale(float *values, size_t count, float factor)
{
    for (size_t i = 0; i < count; i++) {
        values[i] *= factor;
    }
}

static void scaled_conv2_forward(const float *conv1, const cpu_ink *ink, const cpu_conv2 *weights,
                                 const float *kernel_transposed, const float *bias,
                                 cpu_winograd_scratch *scratch, float *pooled, uint8_t *argmax)
{
    right->conv2_forward(conv1, ink, weights, kernel_transposed, bias, scratch, pooled, argmax);
    scale(pooled, LENET_FLAT, 1.001f);
}

static void unbiased_conv2_backward(const float *conv1, const float *kernel_transposed,
                                    const float *pooled_gradient, const uint8_t *argmax,
                                    bool dropout, struct cpu_entry (*entries)[CPU_POSITIONS],
                                    cpu_conv_gradients *sums, float *conv1_gradient)
{
    right->conv2_backward(conv1, kernel_transposed, pooled_gradient, argmax, dropout, entries, sums,
                          conv1_gradient);
    memset(sums->conv2_bias, 0, sizeof sums->conv2_bias);
}

/* The sums have the wrong sign, except while the gradient is added to them. */
static void negated_conv2_backward(const float *conv1, const float *kernel_transposed,
                                   const float *pooled_gradient, const uint8_t *argmax,
                                   bool dropout, struct cpu_entry (*entries)[CPU_POSITIONS],
                                   cpu_conv_gradients *sums, float *conv1_gradient)
{
    const size_t count = sizeof sums->conv2_kernel / sizeof(float);
    scale(&sums->conv2_kernel[0][0], count, -1);
    right->conv2_backward(conv1, kernel_transposed, pooled_gradient, argmax, dropout, entries, sums,
                          conv1_gradient);
    scale(&sums->conv2_kernel[0][0], count, -1);
}

static void other_beta_adam(const cpu_adam *adam, float *p, float *m, float *v,
                            const float *gradient, size_t count)
{
    cpu_adam other = *adam;
    other.one_minus_beta_1 = 1 - 0.5f;
    right->adam(&other, p, m, v, gradient, count);
}

static void neighbours_dropout1(uint64_t seed, uint64_t step, uint32_t sample, uint8_t *bytes,
                                float *pooled, uint8_t *argmax)
{
    right->dropout1(seed, step, sample + 1, bytes, pooled, argmax);
}

static void unscaled_dropout1(uint64_t seed, uint64_t step, uint32_t sample, uint8_t *bytes,
                              float *pooled, uint8_t *argmax)
{
    right->dropout1(seed, step, sample, bytes, pooled, argmax);
    scale(pooled, LENET_FLAT, 1 - (float)LENET_DROPOUT1_RATE_256 / 256);
}

const cpu_kernels *__real_cpu_kernels_find(const char *isa);
const cpu_kernels *__wrap_cpu_kernels_find(const char *isa);

const cpu_kernels *__wrap_cpu_kernels_find(const char *isa)
{
    const cpu_kernels *found = __real_cpu_kernels_find(isa);
    if (isa != NULL) {
        return found;
    }
    right = found;
    wrong = *found;
    switch (planted) {
    case FAULT_SCALED_KERNEL:
        wrong.conv2_forward = scaled_conv2_forward;
        break;
    case FAULT_SIGN:
        wrong.conv2_backward = negated_conv2_backward;
        break;
    case FAULT_LOST_BIAS_GRADIENT:
        wrong.conv2_backward = unbiased_conv2_backward;
        break;
    case FAULT_BETA:
        wrong.adam = other_beta_adam;
        break;
    case FAULT_MASK:
        wrong.dropout1 = neighbours_dropout1;
        break;
    case FAULT_DROPOUT_SCALE:
        wrong.dropout1 = unscaled_dropout1;
        break;
    default:
        break;
    }
    return &wrong;
}

void wrong_engine_plant(engine_fault fault)
{
    planted = fault;
}

/* Swaps the label of the first image with that of the next image of another class. */
static const uint8_t *swapped_labels(const engine_data *data)
{
    static uint8_t labels[512];
    assert(data->count <= sizeof labels);
    memcpy(labels, data->labels, data->count);
    for (uint32_t i = 1; i < data->count; i++) {
        if (labels[i] != labels[0]) {
            labels[0] = data->labels[i];
            labels[i] = data->labels[0];
            break;
        }
    }
    return labels;
}

engine_status wrong_engine_create(engine **out, const engine_config *config,
                                  const engine_data *training, const engine_data *validation,
                                  char *message, size_t message_bytes)
{
    engine_data used = *training;
    engine_config best = *config;
    best.isa = NULL;
    if (planted == FAULT_SWAPPED_SAMPLES) {
        used.labels = swapped_labels(training);
    }
    return engine_cpu.create(out, &best, &used, validation, message, message_bytes);
}
