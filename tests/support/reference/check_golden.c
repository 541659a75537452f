/* Compares the reference with Keras: repeats, from its seed, the run that
 * tests/support/golden/regenerate.py made with Keras. Also checks how far Keras in float32 is from
 * float64, since engines in single precision must keep the same bound. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "check_main.h"
#include "golden_data.h"
#include "keras_golden.h"
#include "lenet_reference.h"

static golden_data data;
static reference_run *run; /* after the golden run's last step */
static double losses[KERAS_GOLDEN_STEPS];
static double epochs[KERAS_GOLDEN_EPOCHS * 4];

static void train_golden_run(void)
{
    const engine_config config = golden_config();
    golden_data_fill(&data);
    run = reference_run_create(&config, &data.training);
    if (run == NULL) {
        exit(EXIT_FAILURE);
    }
    for (int s = 0; s < KERAS_GOLDEN_STEPS; s++) {
        engine_step step;
        reference_run_step(run, &step);
        losses[s] = step.loss_sum / step.samples;
        const int e = s / (KERAS_GOLDEN_STEPS / KERAS_GOLDEN_EPOCHS);
        epochs[4 * e] += step.loss_sum / KERAS_GOLDEN_TRAINING;
        epochs[4 * e + 1] += (double)step.correct / KERAS_GOLDEN_TRAINING;
        if ((s + 1) % (KERAS_GOLDEN_STEPS / KERAS_GOLDEN_EPOCHS) == 0) {
            engine_result result;
            reference_run_evaluate(run, &data.validation, &result);
            epochs[4 * e + 2] = result.loss_sum / result.samples;
            epochs[4 * e + 3] = (double)result.correct / result.samples;
        }
    }
}

/* |a - b| / scale; infinite for NaN. */
static double deviation(double a, double b, double scale)
{
    return isfinite(a) && isfinite(b) ? fabs(a - b) / scale : INFINITY;
}

/* Both sides are double with sums of up to 9216 terms in different orders, so a step's loss has a
 * relative error of some 1e-14. Adam divides by sqrt(v) + 1e-7, so the rounding of small gradients
 * counts fully: if |g| is 1e-10 of the largest, an error of 1e-16 becomes 1e-6 of a weight's step,
 * and 20 steps feed that back. 1e-9 leaves room for it, and any wrong formula is off by far
 * more. */
static const double double_bound = 1e-9;

START_TEST(losses_of_20_steps_are_those_of_keras)
{
    for (int s = 0; s < KERAS_GOLDEN_STEPS; s++) {
        const double expected = keras_float64.losses[s];
        ck_assert_msg(deviation(losses[s], expected, expected) <= double_bound,
                      "step %d: %.17g, Keras %.17g", s + 1, losses[s], expected);
    }
}
END_TEST

START_TEST(epoch_metrics_are_those_of_keras)
{
    for (int i = 0; i < KERAS_GOLDEN_EPOCHS * 4; i++) {
        const double expected = keras_float64.epochs[i];
        ck_assert_msg(deviation(epochs[i], expected, expected) <= double_bound,
                      "metric %d of epoch %d: %.17g, Keras %.17g", i % 4, i / 4 + 1, epochs[i],
                      expected);
    }
}
END_TEST

START_TEST(parameters_after_20_steps_are_those_of_keras)
{
    for (unsigned t = 0; t < LENET_TENSORS; t++) {
        const lenet_tensor *tensor = &lenet_tensors[t];
        const double *values = run->parameters + tensor->offset;
        double sum = 0;
        double magnitude = 0;
        for (unsigned e = 0; e < tensor->count; e++) {
            sum += values[e];
            magnitude += fabs(values[e]);
        }
        const double expected = keras_float64.magnitudes[t];
        ck_assert_msg(deviation(magnitude, expected, expected) <= double_bound &&
                          deviation(sum, keras_float64.sums[t], expected) <= double_bound,
                      "%s: sum %.17g of magnitude %.17g, Keras %.17g of %.17g", tensor->name, sum,
                      magnitude, keras_float64.sums[t], expected);
        for (unsigned k = 0; k < KERAS_GOLDEN_ELEMENTS; k++) {
            const unsigned e = (2 * k + 1) * tensor->count / (2 * KERAS_GOLDEN_ELEMENTS);
            const double element = keras_float64.elements[t * KERAS_GOLDEN_ELEMENTS + k];
            ck_assert_msg(deviation(values[e], element, expected / tensor->count) <=
                              100 * double_bound,
                          "%s[%u]: %.17g, Keras %.17g", tensor->name, e, values[e], element);
        }
    }
}
END_TEST

/* Keras' own single precision keeps the bound that engines must keep. */
START_TEST(keras_in_float32_is_within_the_bound_of_engines)
{
    for (int s = 0; s < KERAS_GOLDEN_STEPS; s++) {
        ck_assert(deviation(keras_float32.losses[s], keras_float64.losses[s],
                            keras_float64.losses[s]) <= GOLDEN_ENGINE_BOUND);
    }
    for (int i = 0; i < KERAS_GOLDEN_EPOCHS * 4; i++) {
        ck_assert(deviation(keras_float32.epochs[i], keras_float64.epochs[i],
                            keras_float64.epochs[i]) <= GOLDEN_ENGINE_BOUND);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("golden");
    TCase *cases = tcase_create("golden");
    train_golden_run();
    tcase_add_test(cases, losses_of_20_steps_are_those_of_keras);
    tcase_add_test(cases, epoch_metrics_are_those_of_keras);
    tcase_add_test(cases, parameters_after_20_steps_are_those_of_keras);
    tcase_add_test(cases, keras_in_float32_is_within_the_bound_of_engines);
    suite_add_tcase(suite, cases);
    const int status = run_suite(suite);
    reference_run_destroy(run);
    return status;
}
