#include "engine_comparison.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double *new_doubles(size_t count)
{
    double *values = malloc(count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    return values;
}

/* Compares the engine's activation [count] of the step with `expected`. Returns its whole_error. */
static double compare_activation(const engine_variant *v, engine *e, const char *name,
                                 const double *expected, size_t count, double terms)
{
    double *values = new_doubles(count);
    variant_read(v, e, name, values, count);
    expect_within(v, name, largest_difference(values, expected, count),
                  rounding_bound(v->precision, terms) * largest_of(expected, count));
    const double error = whole_error(values, expected, count);
    free(values);
    return error;
}

/* The step's metrics must be those of the engine's own logits. The logits were rounded once to
 * single precision, and the loss is as large as their differences. The bound is twice that, for
 * sums in single precision. */
static void compare_metrics(const engine_variant *v, engine *e, const reference_pass *pass,
                            const engine_step *step)
{
    const size_t count = (size_t)pass->count * LENET_CLASSES;
    double *logits = new_doubles(count);
    double loss_sum = 0;
    uint32_t correct = 0;
    variant_read(v, e, "activation/logits", logits, count);
    const double largest = largest_of(logits, count);
    for (uint32_t i = 0; i < pass->count; i++) {
        const double *of = logits + (size_t)i * LENET_CLASSES;
        size_t best = 0;
        double sum = 0;
        for (size_t c = 0; c < LENET_CLASSES; c++) {
            best = of[c] > of[best] ? c : best;
            sum += exp(of[c]);
        }
        loss_sum += log(sum) - of[pass->labels[i]];
        correct += best == pass->labels[i];
    }
    ck_assert_uint_eq(step->correct, correct);
    expect_within(v, "loss of its logits", fabs(step->loss_sum - loss_sum),
                  4 * unit_roundoff * (LENET_CLASSES * largest + loss_sum));
    free(logits);
}

void compare_forward(const engine_variant *v, engine *e, const reference_pass *pass, uint32_t first,
                     const engine_step *step, const engine_step *expected)
{
    const size_t n = pass->count - first;
    ck_assert_uint_eq(step->step, expected->step);
    ck_assert_uint_eq(step->samples, expected->samples);
    if (v->precision == ENGINE_FP32) {
        ck_assert_uint_eq(step->correct, expected->correct);
    }
    if (first == 0) {
        compare_metrics(v, e, pass, step);
    }
    const double *conv1_values = pass->conv1 + (size_t)first * LENET_CONV1_FLOATS;
    const double *pool_values = pass->pool + (size_t)first * LENET_FLAT;
    const double *dense1_values = pass->dense1 + (size_t)first * LENET_DENSE1;
    const double *logit_values = pass->logits + (size_t)first * LENET_CLASSES;
    compare_activation(v, e, "activation/conv1", conv1_values, n * LENET_CONV1_FLOATS, 9 + 1);
    const double pool =
        compare_activation(v, e, "activation/pool", pool_values, n * LENET_FLAT, 288 + 1);
    const double dense1 = compare_activation(v, e, "activation/dense1", dense1_values,
                                             n * LENET_DENSE1, LENET_FLAT + 1);
    const double logits = compare_activation(v, e, "activation/logits", logit_values,
                                             n * LENET_CLASSES, LENET_FLAT + 1);
    expect_whole(v, "pool", pool);
    expect_whole(v, "dense1", dense1);
    expect_whole(v, "logits", logits);
    expect_no_finer(v, "pool", pool);
    /* The loss is a logit subtracted from the logarithm of a sum of exponentials. */
    expect_within(v, "loss", fabs(step->loss_sum - expected->loss_sum),
                  2 * rounding_bound(v->precision, LENET_FLAT) * (1 + expected->loss_sum));
}

void compare_gradients(const engine_variant *v, reference_run *run, const double *gradient)
{
    static double flipped_gradient[LENET_PARAMETERS];
    reference_pass *pass = run->pass;
    const double largest_value =
        largest_of(pass->conv2_before, (size_t)pass->count * LENET_CONV2_FLOATS);
    reference_backward(pass, run->parameters, flipped_gradient,
                       rounding_bound(v->precision, 288 + 1) / 2 * largest_value);
    for (unsigned t = 0; t < LENET_TENSORS; t++) {
        const lenet_tensor *tensor = &lenet_tensors[t];
        const double *expected = run->gradient + tensor->offset;
        const double largest = largest_of(expected, tensor->count);
        const double decisions =
            2 * largest_difference(flipped_gradient + tensor->offset, expected, tensor->count);
        ck_assert_msg(decisions <= 0.1 * largest, "gradient of %s: too many decisions are open",
                      tensor->name);
        char what[64];
        snprintf(what, sizeof what, "gradient of %s, %u samples", tensor->name,
                 (unsigned)pass->count);
        expect_within(
            v, what, largest_difference(gradient + tensor->offset, expected, tensor->count),
            rounding_bound(v->precision, rounding_terms_of_gradient(tensor, pass->count)) *
                    largest +
                decisions);
    }
}

void compare_update(const engine_variant *v, engine *e, reference_run *run, const double *gradient)
{
    static double updated[LENET_PARAMETERS];
    run->step++;
    reference_adam(&run->config, run->step, LENET_PARAMETERS, run->parameters, run->m, run->v,
                   gradient);
    variant_read_all(v, e, "", updated);
    double worst = 0;
    for (unsigned i = 0; i < LENET_PARAMETERS; i++) {
        const double bound =
            rounding_bound_of_update(run->parameters[i], run->config.learning_rate);
        const double error = fabs(updated[i] - run->parameters[i]) / bound;
        worst = isfinite(error) ? fmax(worst, error) : INFINITY;
    }
    expect_within(v, "update, in units of its bound", worst, 1);
}

/* Logits that give these probabilities. They are unique up to a constant; their mean is 0. */
static void logits_of(const double *probabilities, double *logits)
{
    double mean = 0;
    for (int c = 0; c < LENET_CLASSES; c++) {
        logits[c] = log(probabilities[c]);
        mean += logits[c] / LENET_CLASSES;
    }
    for (int c = 0; c < LENET_CLASSES; c++) {
        logits[c] -= mean;
    }
}

void compare_probabilities(const engine_variant *v, reference_run *run, const engine_data *data,
                           const float *probabilities, double evaluated_loss)
{
    const size_t count = (size_t)data->count * LENET_CLASSES;
    double *logits = new_doubles(2 * count);
    double *expected = logits + count;
    double error = 0;
    double loss = 0;
    for (uint32_t i = 0; i < data->count; i++) {
        const engine_data one = {data->images + (size_t)i * LENET_IMAGE_PIXELS, data->labels + i,
                                 1};
        double own[LENET_CLASSES];
        for (uint32_t c = 0; c < LENET_CLASSES; c++) {
            own[c] = (double)probabilities[i * LENET_CLASSES + c];
        }
        loss -= log(own[data->labels[i]]);
        reference_forward(run->pass, run->parameters, &one, NULL, 1, NULL);
        error = fmax(error, largest_difference(own, run->pass->probabilities, LENET_CLASSES));
        logits_of(own, logits + i * LENET_CLASSES);
        logits_of(run->pass->probabilities, expected + i * LENET_CLASSES);
    }
    expect_within(v, "predicted probabilities", error,
                  2 * rounding_bound(v->precision, LENET_FLAT));
    expect_whole(v, "logits of predictions", whole_error(logits, expected, count));
    /* Each probability and each loss is rounded to single precision. */
    expect_within(v, "loss of predictions", fabs(evaluated_loss - loss),
                  4 * unit_roundoff * (data->count + loss));
    free(logits);
}
