/* Compares the reference with published and mathematical results: Philox's known answers,
 * permutations and rates, central differences of the loss, and Adam in closed form. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "lenet_reference.h"
#include "philox.h"
#include "synthetic_digits.h"

enum { SAMPLES = 2 };

static uint8_t images[SAMPLES * LENET_IMAGE_PIXELS];
static uint8_t labels[SAMPLES];
static const engine_data data = {images, labels, SAMPLES};
static double parameters[LENET_PARAMETERS];
static double gradient[LENET_PARAMETERS];
static double other_gradient[LENET_PARAMETERS];

static reference_pass *new_pass(uint32_t capacity)
{
    reference_pass *pass = reference_pass_create(capacity);
    ck_assert_ptr_nonnull(pass);
    return pass;
}

/* Glorot weights and biases that are not 0, away from the kinks that blank images with zero
 * biases sit on. */
static void random_parameters_with_biases(void)
{
    reference_initial_parameters(parameters, 7);
    for (unsigned t = 0; t < LENET_TENSORS; t++) {
        for (unsigned e = 0; lenet_tensors[t].fan_in == 0 && e < lenet_tensors[t].count; e++) {
            const uint32_t word = philox(8, PHILOX_WEIGHTS, t, e / 4).word[e % 4];
            parameters[lenet_tensors[t].offset + e] = 0.1 * (double)philox_symmetric(word);
        }
    }
}

/* The vectors that the authors of Philox publish with Random123 (philox4x32, 10 rounds). */
START_TEST(philox_gives_the_published_words)
{
    const philox_block zeros = philox(0, (philox_purpose)0, 0, 0);
    const uint32_t zeros_expected[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    ck_assert_mem_eq(zeros.word, zeros_expected, sizeof zeros_expected);

    const philox_block ones =
        philox(UINT64_MAX, (philox_purpose)0xffffffff, UINT64_MAX, UINT32_MAX);
    const uint32_t ones_expected[4] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    ck_assert_mem_eq(ones.word, ones_expected, sizeof ones_expected);

    const philox_block pi = philox(UINT64_C(0x299f31d0a4093822), (philox_purpose)0x03707344,
                                   UINT64_C(0x13198a2e85a308d3), 0x243f6a88);
    const uint32_t pi_expected[4] = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    ck_assert_mem_eq(pi.word, pi_expected, sizeof pi_expected);
}
END_TEST

START_TEST(philox_words_become_bytes_and_values)
{
    const philox_block block = {{0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c}};
    for (unsigned i = 0; i < 16; i++) {
        ck_assert_uint_eq(philox_byte(block, i), i);
    }
    ck_assert(philox_symmetric(0) == -1.0f);
    ck_assert(philox_symmetric(0x80000000) == 0.0f);
    ck_assert(philox_symmetric(0xffffffff) == 1.0f - 0x1p-23f);
}
END_TEST

START_TEST(an_order_is_a_permutation_that_differs_by_epoch_and_seed)
{
    enum { COUNT = 1001 };
    static uint32_t orders[3][COUNT];
    static uint64_t keys[COUNT];
    reference_order(orders[0], keys, COUNT, 5, 0);
    reference_order(orders[1], keys, COUNT, 5, 1);
    reference_order(orders[2], keys, COUNT, 6, 0);
    for (int o = 0; o < 3; o++) {
        bool seen[COUNT] = {false};
        int fixed = 0;
        for (uint32_t i = 0; i < COUNT; i++) {
            ck_assert_uint_lt(orders[o][i], COUNT);
            ck_assert(!seen[orders[o][i]]);
            seen[orders[o][i]] = true;
            fixed += orders[o][i] == i;
        }
        /* A random permutation has one fixed place on average. */
        ck_assert_int_lt(fixed, 10);
    }
    ck_assert_mem_ne(orders[0], orders[1], sizeof orders[0]);
    ck_assert_mem_ne(orders[0], orders[2], sizeof orders[0]);
}
END_TEST

/* Returns the share of zeros in factor[count]. All others must be 1 / (1 - rate). */
static void check_dropped(const double *factor, size_t count, double rate)
{
    size_t dropped = 0;
    size_t scaled = 0;
    for (size_t e = 0; e < count; e++) {
        dropped += factor[e] == 0;
        scaled += factor[e] == 1 / (1 - rate);
    }
    ck_assert_uint_eq(dropped + scaled, count);
    /* Five standard deviations of a binomial share. */
    const double share = (double)dropped / (double)count;
    ck_assert_double_lt(fabs(share - rate), 5 * sqrt(rate * (1 - rate) / (double)count));
}

START_TEST(dropout_drops_its_rates_and_scales_the_rest)
{
    reference_pass *pass = new_pass(SAMPLES);
    const reference_dropout dropout = {.seed = 3, .step = 11};
    reference_initial_parameters(parameters, 3);
    reference_forward(pass, parameters, &data, NULL, SAMPLES, &dropout);
    check_dropped(pass->pool_factor, SAMPLES * LENET_FLAT, 0.25);
    check_dropped(pass->dense1_factor, SAMPLES * 128, 0.5);
    reference_pass_destroy(pass);
}
END_TEST

START_TEST(dropout_off_changes_nothing)
{
    reference_pass *pass = new_pass(SAMPLES);
    reference_initial_parameters(parameters, 3);
    reference_forward(pass, parameters, &data, NULL, SAMPLES, NULL);
    size_t changed = 0;
    for (size_t e = 0; e < SAMPLES * LENET_FLAT; e++) {
        changed += pass->pool_factor[e] != 1;
    }
    for (size_t e = 0; e < SAMPLES * 128; e++) {
        changed += pass->dense1_factor[e] != 1;
    }
    ck_assert_uint_eq(changed, 0);
    reference_pass_destroy(pass);
}
END_TEST

START_TEST(initial_weights_fill_glorots_interval_and_biases_are_zero)
{
    reference_initial_parameters(parameters, 1);
    for (unsigned t = 0; t < LENET_TENSORS; t++) {
        const lenet_tensor *tensor = &lenet_tensors[t];
        double largest = 0;
        double sum = 0;
        unsigned floats = 0;
        for (unsigned e = 0; e < tensor->count; e++) {
            const double value = parameters[tensor->offset + e];
            floats += value == (double)(float)value;
            largest = fmax(largest, fabs(value));
            sum += value;
        }
        ck_assert_uint_eq(floats, tensor->count);
        if (tensor->fan_in == 0) {
            ck_assert(largest == 0);
            continue;
        }
        const double limit = sqrt(6.0 / (tensor->fan_in + tensor->fan_out));
        ck_assert_double_le(largest, limit * (1 + FLT_EPSILON));
        ck_assert_double_gt(largest, 0.95 * limit);
        /* Five standard deviations of the mean of a uniform variable. */
        ck_assert_double_lt(fabs(sum / tensor->count), 5 * limit / sqrt(3.0 * tensor->count));
    }
}
END_TEST

/* The loss's central difference along parameter p against gradient[p], unless a kink lies
 * between the two points. Returns whether it was compared. */
static bool compare_difference(reference_pass *pass, const reference_dropout *dropout, unsigned p)
{
    /* Truncation is of the order h^2 = 1e-10 of the third derivative; rounding of
     * 2^-53 * loss * (some hundred operations deep) / h, below 1e-9. */
    const double h = 1e-5;
    const double centre = parameters[p];
    parameters[p] = centre + h;
    reference_forward(pass, parameters, &data, NULL, SAMPLES, dropout);
    const double above = pass->loss_sum / SAMPLES;
    const uint64_t decisions = reference_decisions(pass);
    parameters[p] = centre - h;
    reference_forward(pass, parameters, &data, NULL, SAMPLES, dropout);
    const double below = pass->loss_sum / SAMPLES;
    parameters[p] = centre;
    if (decisions != reference_decisions(pass)) {
        return false;
    }
    const double difference = (above - below) / (2 * h);
    ck_assert(isfinite(difference) && isfinite(gradient[p]));
    ck_assert_msg(fabs(difference - gradient[p]) <= 1e-8 + 1e-6 * fabs(gradient[p]),
                  "parameter %u: difference %.12g, gradient %.12g", p, difference, gradient[p]);
    return true;
}

static void check_differences(const reference_dropout *dropout)
{
    enum { PICKS = 6, TRIES = 60 };
    reference_pass *pass = new_pass(SAMPLES);
    random_parameters_with_biases();
    reference_forward(pass, parameters, &data, NULL, SAMPLES, dropout);
    reference_backward(pass, parameters, gradient, 0);
    for (unsigned t = 0; t < LENET_TENSORS; t++) {
        int compared = 0;
        for (uint32_t i = 0; i < TRIES && compared < PICKS; i++) {
            const unsigned e = philox(9, PHILOX_WEIGHTS, t, i).word[0] % lenet_tensors[t].count;
            const unsigned p = lenet_tensors[t].offset + e;
            /* A difference of 0 would agree with a missing gradient. */
            if (fabs(gradient[p]) > 1e-6) {
                compared += compare_difference(pass, dropout, p);
            }
        }
        ck_assert_msg(compared == PICKS, "%s: only %d picks lie on one smooth piece",
                      lenet_tensors[t].name, compared);
    }
    reference_pass_destroy(pass);
}

START_TEST(gradients_are_central_differences_without_dropout)
{
    check_differences(NULL);
}
END_TEST

START_TEST(gradients_are_central_differences_with_dropout)
{
    const reference_dropout dropout = {.seed = 4, .step = 2};
    check_differences(&dropout);
}
END_TEST

/* Zero biases and a blank image: every value before ReLU is exactly 0, so only the last bias
 * has a gradient, softmax less one-hot. */
START_TEST(relu_has_no_gradient_at_zero)
{
    static const uint8_t blank[LENET_IMAGE_PIXELS];
    const uint8_t label = 3;
    const engine_data one = {blank, &label, 1};
    reference_pass *pass = new_pass(1);
    reference_initial_parameters(parameters, 2);
    reference_forward(pass, parameters, &one, NULL, 1, NULL);
    reference_backward(pass, parameters, gradient, 0);
    unsigned zeros = 0;
    for (unsigned p = 0; p < LENET_DENSE2_BIAS_AT; p++) {
        zeros += gradient[p] == 0;
    }
    ck_assert_uint_eq(zeros, LENET_DENSE2_BIAS_AT);
    for (unsigned c = 0; c < LENET_CLASSES; c++) {
        const double expected = 0.1 - (c == label ? 1 : 0);
        ck_assert_double_eq_tol(gradient[LENET_DENSE2_BIAS_AT + c], expected, 1e-15);
    }
    ck_assert_double_eq_tol(pass->loss_sum, log(10), 1e-15);
    reference_pass_destroy(pass);
}
END_TEST

/* All of conv2 equals its bias, so every window is a tie of four. Then the gradient of a conv2
 * weight is D times the sum of conv1 over the first places, where D is what reaches each. */
START_TEST(pooling_gives_the_gradient_to_the_first_of_equal_maxima)
{
    reference_pass *pass = new_pass(1);
    reference_initial_parameters(parameters, 2);
    memset(parameters + LENET_CONV2_KERNEL_AT, 0,
           (LENET_CONV2_BIAS_AT - LENET_CONV2_KERNEL_AT) * sizeof *parameters);
    for (unsigned c = 0; c < LENET_CONV2_CHANNELS; c++) {
        parameters[LENET_CONV2_BIAS_AT + c] = 1;
    }
    for (unsigned p = LENET_DENSE1_KERNEL_AT; p < LENET_DENSE1_BIAS_AT; p++) {
        parameters[p] = 0.001;
    }
    reference_forward(pass, parameters, &data, NULL, 1, NULL);
    reference_backward(pass, parameters, gradient, 0);
    double reaching = 0;
    for (unsigned j = 0; j < 128; j++) {
        reaching += 0.001 * gradient[LENET_DENSE1_BIAS_AT + j];
    }
    ck_assert(reaching != 0);
    for (unsigned tap = 0; tap < 9; tap++) {
        for (unsigned c = 0; c < LENET_CONV1_CHANNELS; c++) {
            double sum = 0;
            for (unsigned y = tap / 3; y < tap / 3 + LENET_CONV2_SIDE; y += 2) {
                for (unsigned x = tap % 3; x < tap % 3 + LENET_CONV2_SIDE; x += 2) {
                    sum += pass->conv1[(y * LENET_CONV1_SIDE + x) * LENET_CONV1_CHANNELS + c];
                }
            }
            const unsigned weight = (tap * LENET_CONV1_CHANNELS + c) * LENET_CONV2_CHANNELS;
            ck_assert_double_eq_tol(gradient[LENET_CONV2_KERNEL_AT + weight], reaching * sum,
                                    1e-12 * fabs(reaching) * (1 + sum));
        }
    }
    reference_pass_destroy(pass);
}
END_TEST

START_TEST(the_first_of_equal_largest_logits_is_the_answer)
{
    static const uint8_t blank[2 * LENET_IMAGE_PIXELS];
    const uint8_t two_labels[2] = {0, 9};
    const engine_data two = {blank, two_labels, 2};
    reference_pass *pass = new_pass(2);
    reference_initial_parameters(parameters, 2);
    reference_forward(pass, parameters, &two, NULL, 2, NULL);
    ck_assert_uint_eq(pass->correct, 1);
    reference_pass_destroy(pass);
}
END_TEST

START_TEST(flipping_near_decisions_changes_only_what_they_touch)
{
    reference_pass *pass = new_pass(SAMPLES);
    random_parameters_with_biases();
    reference_forward(pass, parameters, &data, NULL, SAMPLES, NULL);
    ck_assert_uint_eq(reference_backward(pass, parameters, gradient, 0), 0);
    ck_assert_uint_eq(reference_backward(pass, parameters, other_gradient, 1e-14), 0);
    ck_assert_mem_eq(gradient, other_gradient, sizeof gradient);
    ck_assert_uint_gt(reference_backward(pass, parameters, other_gradient, 1e-4), 0);
    ck_assert_mem_ne(gradient, other_gradient, sizeof gradient);
    /* Here pooling and the layers below it have such decisions; the layers above have none. */
    ck_assert_mem_eq(gradient + LENET_DENSE2_KERNEL_AT, other_gradient + LENET_DENSE2_KERNEL_AT,
                     (LENET_PARAMETERS - LENET_DENSE2_KERNEL_AT) * sizeof *gradient);
    reference_pass_destroy(pass);
}
END_TEST

/* A gradient g that never changes leaves m = g (1 - beta_1^t) and v = g^2 (1 - beta_2^t), so
 * update t is learning_rate * g / (|g| + epsilon / sqrt(1 - beta_2^t)). */
START_TEST(adam_under_a_constant_gradient_has_a_closed_form)
{
    const engine_config config = {
        .learning_rate = 1e-3, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7};
    const double g[4] = {2.5, -1e-3, 3e-8, 0};
    double p[4] = {1, 2, 3, 4};
    double expected[4] = {1, 2, 3, 4};
    double m[4] = {0};
    double v[4] = {0};
    for (uint64_t t = 1; t <= 30; t++) {
        reference_adam(&config, t, 4, p, m, v, g);
        for (int i = 0; i < 4; i++) {
            expected[i] -= 1e-3 * g[i] / (fabs(g[i]) + 1e-7 / sqrt(1 - pow(0.999, (double)t)));
            ck_assert_double_eq_tol(p[i], expected[i], 1e-13);
        }
    }
    ck_assert(p[3] == 4);
}
END_TEST

START_TEST(steps_walk_each_epoch_once_and_end_it_with_a_short_batch)
{
    const engine_config config = {.batch_size = 2,
                                  .seed = 12,
                                  .learning_rate = 1e-3,
                                  .beta_1 = 0.9,
                                  .beta_2 = 0.999,
                                  .epsilon = 1e-7};
    static uint8_t three_images[3 * LENET_IMAGE_PIXELS];
    static uint8_t three_labels[3];
    const engine_data three = {three_images, three_labels, 3};
    synthetic_digits(three_images, three_labels, 1, 0, 3);
    reference_run *run = reference_run_create(&config, &three);
    ck_assert_ptr_nonnull(run);
    engine_result before;
    reference_run_evaluate(run, &three, &before);
    ck_assert_uint_eq(before.samples, 3);
    for (uint64_t s = 1; s <= 12; s++) {
        engine_step step;
        reference_run_step(run, &step);
        ck_assert_uint_eq(step.step, s);
        ck_assert_uint_eq(step.samples, s % 2 == 1 ? 2 : 1);
    }
    engine_result after;
    reference_run_evaluate(run, &three, &after);
    ck_assert_double_lt(after.loss_sum, 0.5 * before.loss_sum);
    reference_run_destroy(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference");
    TCase *cases = tcase_create("reference");
    synthetic_digits(images, labels, 1, 0, SAMPLES);
    tcase_add_test(cases, philox_gives_the_published_words);
    tcase_add_test(cases, philox_words_become_bytes_and_values);
    tcase_add_test(cases, an_order_is_a_permutation_that_differs_by_epoch_and_seed);
    tcase_add_test(cases, dropout_drops_its_rates_and_scales_the_rest);
    tcase_add_test(cases, dropout_off_changes_nothing);
    tcase_add_test(cases, initial_weights_fill_glorots_interval_and_biases_are_zero);
    tcase_add_test(cases, gradients_are_central_differences_without_dropout);
    tcase_add_test(cases, gradients_are_central_differences_with_dropout);
    tcase_add_test(cases, relu_has_no_gradient_at_zero);
    tcase_add_test(cases, pooling_gives_the_gradient_to_the_first_of_equal_maxima);
    tcase_add_test(cases, the_first_of_equal_largest_logits_is_the_answer);
    tcase_add_test(cases, flipping_near_decisions_changes_only_what_they_touch);
    tcase_add_test(cases, adam_under_a_constant_gradient_has_a_closed_form);
    tcase_add_test(cases, steps_walk_each_epoch_once_and_end_it_with_a_short_batch);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
