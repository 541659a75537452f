/* Compares the gradient noise scale with one from single samples' gradients of the double-precision
 * reference, with the CPU engine's weights after some steps. */
#include <math.h>
#include <stdlib.h>

#include "check_main.h"
#include "lenet_reference.h"
#include "noise_scale.h"
#include "synthetic_digits.h"

enum { SAMPLES = 12, BATCH = 4, STEPS = 4 };

/* Allows for gradients in single precision, and for a few decisions of ReLU or pooling that
 * rounding changes. It is relative to |G|^2 + S, of which both figures are parts. */
static const double tolerance = 1e-5;

static uint8_t images[SAMPLES * LENET_IMAGE_PIXELS];
static uint8_t labels[SAMPLES];
static const engine_data data = {images, labels, SAMPLES};
static const engine_api *api;
static engine *trained;
static float (*gradients)[LENET_PARAMETERS]; /* [SAMPLES] of the reference */

static engine *make_engine(uint32_t batch_size)
{
    char message[200];
    engine_config config = engine_config_defaults();
    engine *e = NULL;
    config.batch_size = batch_size;
    config.threads = 1;
    ck_assert_int_eq(api->create(&e, &config, &data, &data, message, sizeof message), ENGINE_OK);
    return e;
}

static void read_parameters(engine *e, double *out)
{
    float *values = malloc(LENET_PARAMETERS * sizeof *values);
    for (size_t t = 0; t < LENET_TENSORS; t++) {
        size_t count = 0;
        ck_assert_int_eq(
            api->read_tensor(e, lenet_tensors[t].name, values, lenet_tensors[t].count, &count),
            ENGINE_OK);
        for (size_t i = 0; i < count; i++) {
            out[lenet_tensors[t].offset + i] = (double)values[i];
        }
    }
    free(values);
}

static void make_gradients(void)
{
    double *parameters = malloc(LENET_PARAMETERS * sizeof *parameters);
    double *gradient = malloc(LENET_PARAMETERS * sizeof *gradient);
    reference_pass *pass = reference_pass_create(1);
    gradients = calloc(SAMPLES, sizeof *gradients);
    read_parameters(trained, parameters);
    for (uint32_t sample = 0; sample < SAMPLES; sample++) {
        reference_forward(pass, parameters, &data, &sample, 1, NULL);
        reference_backward(pass, parameters, gradient, 0);
        for (size_t i = 0; i < LENET_PARAMETERS; i++) {
            gradients[sample][i] = (float)gradient[i];
        }
    }
    reference_pass_destroy(pass);
    free(gradient);
    free(parameters);
}

static void set_up(void)
{
    engine_step steps[STEPS];
    size_t count = 0;
    synthetic_digits(images, labels, 3, 0, SAMPLES);
    api = engine_find("cpu");
    trained = make_engine(BATCH);
    ck_assert_int_eq(api->train(trained, STEPS, NULL), ENGINE_OK);
    ck_assert_int_eq(api->poll(trained, steps, STEPS, &count, true), ENGINE_OK);
    make_gradients();
}

static void tear_down(void)
{
    api->destroy(trained);
    free(gradients);
}

/* The expected estimate from the first `count` samples' gradients: S is the trace of their
 * covariance, |G|^2 the squared mean less the share due to chance, S / count. */
static gradient_noise expected_of(uint32_t count)
{
    double variance = 0;
    double square = 0;
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        double mean = 0;
        for (uint32_t s = 0; s < count; s++) {
            mean += (double)gradients[s][i] / count;
        }
        square += mean * mean;
        for (uint32_t s = 0; s < count; s++) {
            variance += pow((double)gradients[s][i] - mean, 2) / (count - 1);
        }
    }
    return (gradient_noise){.variance = variance, .square = square - variance / count};
}

static void expect_noise(const gradient_noise *noise, const gradient_noise *expected)
{
    const double size = expected->variance + fabs(expected->square);
    ck_assert_double_eq_tol(noise->variance / size, expected->variance / size, tolerance);
    ck_assert_double_eq_tol(noise->square / size, expected->square / size, tolerance);
}

/* A training set this small is used as a whole, in groups of one sample. */
START_TEST(groups_of_one_give_the_covariance_of_single_samples)
{
    gradient_noise noise;
    const gradient_noise expected = expected_of(SAMPLES);
    ck_assert_int_eq(noise_scale_measure(api, trained, SAMPLES, &noise), ENGINE_OK);
    expect_noise(&noise, &expected);
    ck_assert_double_gt(noise.square, 0);
    ck_assert_double_eq_tol(noise.scale, noise.variance / noise.square, 1e-9 * noise.scale);
}
END_TEST

/* The estimate from two groups of two of four samples: a, b | c, d. */
static gradient_noise of_pairs(const uint32_t samples[4])
{
    noise_sums sums = {.sum = calloc(LENET_PARAMETERS, sizeof *sums.sum)};
    float *mean = malloc(LENET_PARAMETERS * sizeof *mean);
    for (size_t pair = 0; pair < 4; pair += 2) {
        for (size_t i = 0; i < LENET_PARAMETERS; i++) {
            mean[i] = (gradients[samples[pair]][i] + gradients[samples[pair + 1]][i]) / 2;
        }
        noise_sums_add(&sums, mean);
    }
    const gradient_noise noise = noise_sums_estimate(&sums, 2);
    free(mean);
    free(sums.sum);
    return noise;
}

/* The mean over all ways to form the groups is that of groups of one: there is no bias. */
START_TEST(groups_of_several_estimate_the_same)
{
    static const uint32_t ways[3][4] = {{0, 1, 2, 3}, {0, 2, 1, 3}, {0, 3, 1, 2}};
    const gradient_noise expected = expected_of(4);
    gradient_noise mean = {0};
    for (size_t i = 0; i < 3; i++) {
        const gradient_noise noise = of_pairs(ways[i]);
        mean.variance += noise.variance / 3;
        mean.square += noise.square / 3;
    }
    expect_noise(&mean, &expected);
}
END_TEST

/* The seed alone decides the sample, not the batch size. With equal weights the estimate is equal
 * too. */
START_TEST(runs_of_all_batch_sizes_are_measured_on_the_same_samples)
{
    gradient_noise noise[2];
    for (uint32_t i = 0; i < 2; i++) {
        engine *e = make_engine(i == 0 ? 1 : SAMPLES);
        /* Two groups of two of the 12 samples: only with the same order are they the same. */
        noise_sums sums = {.sum = calloc(LENET_PARAMETERS, sizeof *sums.sum)};
        float *gradient = malloc(LENET_PARAMETERS * sizeof *gradient);
        for (uint32_t first = 0; first < 4; first += 2) {
            ck_assert_int_eq(api->gradient(e, first, 2, gradient), ENGINE_OK);
            noise_sums_add(&sums, gradient);
        }
        noise[i] = noise_sums_estimate(&sums, 2);
        free(gradient);
        free(sums.sum);
        api->destroy(e);
    }
    expect_noise(&noise[0], &noise[1]);
}
END_TEST

/* The estimate from `count` gradients: all elements of gradient i are values[i]. */
static gradient_noise of_values(const float *values, uint32_t count)
{
    noise_sums sums = {.sum = calloc(LENET_PARAMETERS, sizeof *sums.sum)};
    float *gradient = malloc(LENET_PARAMETERS * sizeof *gradient);
    for (uint32_t i = 0; i < count; i++) {
        for (size_t j = 0; j < LENET_PARAMETERS; j++) {
            gradient[j] = values[i];
        }
        noise_sums_add(&sums, gradient);
    }
    const gradient_noise noise = noise_sums_estimate(&sums, 64);
    free(gradient);
    free(sums.sum);
    return noise;
}

START_TEST(a_square_that_is_not_positive_gives_no_scale)
{
    const gradient_noise opposite = of_values((const float[]){1, -1}, 2);
    ck_assert_double_eq_tol(opposite.variance, 2.0 * 64 * LENET_PARAMETERS, 1);
    ck_assert_double_eq_tol(opposite.square, -1.0 * LENET_PARAMETERS, 1);
    ck_assert_double_nan(opposite.scale);
    const gradient_noise none = of_values((const float[]){0, 0}, 2);
    ck_assert(none.variance == 0 && none.square == 0);
    ck_assert_double_nan(none.scale);
    const gradient_noise equal = of_values((const float[]){2, 2}, 2);
    ck_assert_double_eq_tol(equal.square, 4.0 * LENET_PARAMETERS, 1);
    ck_assert_double_eq(equal.scale, 0);
}
END_TEST

START_TEST(one_group_or_a_gradient_that_is_not_finite_measures_nothing)
{
    const gradient_noise one = of_values((const float[]){1}, 1);
    const gradient_noise infinite = of_values((const float[]){1, INFINITY}, 2);
    ck_assert(isnan(one.variance) && isnan(one.square) && isnan(one.scale));
    ck_assert(isnan(infinite.variance) && isnan(infinite.square) && isnan(infinite.scale));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("noise_scale");
    TCase *measured = tcase_create("measured");
    tcase_add_checked_fixture(measured, set_up, tear_down);
    tcase_add_test(measured, groups_of_one_give_the_covariance_of_single_samples);
    tcase_add_test(measured, groups_of_several_estimate_the_same);
    tcase_add_test(measured, runs_of_all_batch_sizes_are_measured_on_the_same_samples);
    suite_add_tcase(suite, measured);
    TCase *estimated = tcase_create("estimated");
    tcase_add_test(estimated, a_square_that_is_not_positive_gives_no_scale);
    tcase_add_test(estimated, one_group_or_a_gradient_that_is_not_finite_measures_nothing);
    suite_add_tcase(suite, estimated);
    return run_suite_without_forks(suite); /* an engine's threads do not survive fork */
}
