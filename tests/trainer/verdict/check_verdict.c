/* The verdict over invented runs: which batch size leads, how certain that is, and how often it
 * finds a winner when all are equal. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "check_main.h"
#include "made_up_runs.h"

static size_t leaders[MADE_UP_MOST_RUNS];

/* The only leader's batch size; 0 if there is none or more than one. */
static uint32_t leader(verdict_question question)
{
    return verdict_leaders(&answer, question, leaders) == 1 ? answer.rows[leaders[0]].batch_size
                                                            : 0;
}

START_TEST(a_clear_winner_is_better_beyond_chance)
{
    for (uint32_t seed = 0; seed < 5; seed++) {
        add_level(64, seed, 9900 + seed);
        add_level(32, seed, 9920 + seed);
        add_level(16, seed, 9901 + 2 * seed % 3);
    }
    judge(0);
    ck_assert_uint_eq(leader(VERDICT_ACCURACY), 32);
    ck_assert(verdict_is_better(&answer, 1, 0) && verdict_is_better(&answer, 1, 2));
    ck_assert(!verdict_is_better(&answer, 0, 1) && !verdict_is_better(&answer, 0, 2));
    ck_assert_uint_eq(verdict_rivals(&answer, 1, leaders), 0);
    ck_assert(verdict_is_best(&answer, 1) && !verdict_is_best(&answer, 0));
    ck_assert(verdict_pair_of(&answer, 1, 0)->paired);
    ck_assert_double_eq_tol(verdict_pair_of(&answer, 1, 0)->accuracy.mean, 0.002, 1e-12);
    ck_assert_double_eq_tol(verdict_pair_of(&answer, 0, 1)->accuracy.mean, -0.002, 1e-12);
    ck_assert(verdict_pair_of(&answer, 0, 1)->accuracy.low <
              verdict_pair_of(&answer, 0, 1)->accuracy.high);
}
END_TEST

START_TEST(one_seed_each_tells_nothing)
{
    add_level(64, 0, 9900);
    add_level(32, 0, 9990);
    judge(0);
    ck_assert_uint_eq(leader(VERDICT_ACCURACY), 32);
    ck_assert(!verdict_is_better(&answer, 1, 0));
    ck_assert(isnan(verdict_pair_of(&answer, 1, 0)->p));
    ck_assert_uint_eq(verdict_seeds_needed(&answer, 1, 0), 0);
    ck_assert_uint_eq(verdict_rivals(&answer, 1, leaders), 1);
}
END_TEST

START_TEST(seeds_that_are_not_shared_are_compared_by_welch)
{
    for (uint32_t seed = 0; seed < 4; seed++) {
        add_level(64, seed, 9900 + seed);
        add_level(32, 10 + seed, 9950 + seed);
    }
    judge(0);
    ck_assert(!verdict_pair_of(&answer, 0, 1)->paired);
    ck_assert_uint_eq(verdict_pair_of(&answer, 0, 1)->common, 0);
    ck_assert(verdict_is_better(&answer, 1, 0));
}
END_TEST

/* Two seeds with the same 9,900 of 10,000 images. */
START_TEST(seeds_that_agree_have_the_interval_that_rounding_to_an_image_makes)
{
    add_level(64, 0, 9900);
    add_level(64, 1, 9900);
    judge(0);
    const verdict_mean *accuracy = &answer.rows[0].accuracy;
    ck_assert_double_eq_tol(accuracy->error, 1e-4 / sqrt(12) / sqrt(2), 1e-12);
    ck_assert_double_eq_tol(accuracy->high - accuracy->low, 2 * 12.7062047 * accuracy->error, 1e-9);
}
END_TEST

START_TEST(an_interval_ends_where_accuracies_do)
{
    add_level(64, 0, 9900);
    add_level(64, 1, 9300);
    add_level(32, 0, 100);
    add_level(32, 1, 700);
    judge(0);
    ck_assert_double_eq(answer.rows[0].accuracy.high, 1);
    ck_assert(answer.rows[0].accuracy.low > 0);
    ck_assert_double_eq(answer.rows[1].accuracy.low, 0);
    ck_assert(answer.rows[1].accuracy.high < 1);
}
END_TEST

START_TEST(equals_lead_together)
{
    add_level(64, 0, 9950);
    add_level(32, 0, 9950);
    add_level(16, 0, 9940);
    judge(0);
    ck_assert_uint_eq(verdict_leaders(&answer, VERDICT_ACCURACY, leaders), 2);
    ck_assert_uint_eq(answer.rows[leaders[0]].batch_size, 64);
    ck_assert_uint_eq(answer.rows[leaders[1]].batch_size, 32);
}
END_TEST

START_TEST(a_batch_size_with_a_diverged_seed_never_leads)
{
    for (uint32_t seed = 0; seed < 3; seed++) {
        add_level(64, seed, 9900);
        add_level(16, seed, 9990);
    }
    add_level(16, 3, 9990)->record.state = RUN_DIVERGED;
    judge(0);
    for (verdict_question question = VERDICT_ACCURACY; question <= VERDICT_SECONDS; question++) {
        ck_assert_uint_eq(leader(question), 64);
    }
    ck_assert_uint_eq(answer.rows[1].diverged, 1);
    ck_assert_uint_eq(answer.rows[1].seeds, 3);
    ck_assert_uint_eq(verdict_rivals(&answer, 0, leaders), 0);
}
END_TEST

START_TEST(unfinished_runs_are_counted_and_in_no_figure)
{
    add_level(64, 0, 9900);
    add_level(64, 1, 9999)->record.state = RUN_INTERRUPTED;
    judge(0);
    ck_assert_uint_eq(answer.rows[0].seeds, 1);
    ck_assert_uint_eq(answer.rows[0].unfinished, 1);
    ck_assert_double_eq_tol(answer.rows[0].accuracy.value, 0.99, 1e-12);
}
END_TEST

START_TEST(seeds_that_never_reach_the_target_are_the_slowest)
{
    add(64, 0, (const uint32_t[]){9800, 9900, 9900, 9900});
    add(64, 1, (const uint32_t[]){9800, 9800, 9900, 9900});
    add(64, 2, (const uint32_t[]){9800, 9800, 9800, 9800});
    add(32, 0, (const uint32_t[]){9900, 9900, 9900, 9900});
    add(32, 1, (const uint32_t[]){9800, 9800, 9800, 9800});
    add(32, 2, (const uint32_t[]){9800, 9800, 9800, 9800});
    judge(0);
    ck_assert_double_eq(answer.target, 0.99);
    ck_assert_int_eq(answer.target_is, VERDICT_TARGET_USUAL);
    ck_assert_double_eq(answer.rows[0].epochs, 3);
    ck_assert_double_eq(answer.rows[0].seconds, 3);
    ck_assert_uint_eq(answer.rows[0].reached, 2);
    ck_assert(isinf(answer.rows[1].epochs));
    ck_assert_uint_eq(answer.rows[1].reached, 1);
    ck_assert_uint_eq(leader(VERDICT_EPOCHS), 64);
    /* Each leads in one of the common seeds; in the third they are equal. */
    ck_assert_uint_eq(verdict_lead_of(&answer, VERDICT_EPOCHS, 0).common, 3);
    ck_assert_uint_eq(verdict_lead_of(&answer, VERDICT_EPOCHS, 0).first, 1);
    ck_assert_uint_eq(verdict_lead_of(&answer, VERDICT_EPOCHS, 1).first, 1);
}
END_TEST

START_TEST(half_of_an_even_number_of_seeds_is_no_median)
{
    add_level(64, 0, 9900);
    add_level(64, 1, 9800);
    judge(0.99);
    ck_assert(isinf(answer.rows[0].epochs));
    ck_assert_int_eq(answer.target_is, VERDICT_TARGET_GIVEN);
}
END_TEST

START_TEST(where_none_reaches_99_percent_the_target_is_what_all_reach)
{
    add(64, 0, (const uint32_t[]){9000, 9200, 9100, 9100});
    add(32, 0, (const uint32_t[]){9100, 9300, 9300, 9400});
    judge(0);
    ck_assert_double_eq_tol(answer.target, 0.92, 1e-12);
    ck_assert_int_eq(answer.target_is, VERDICT_TARGET_COMMON);
    ck_assert_double_eq(answer.rows[0].epochs, 2);
    ck_assert_double_eq(answer.rows[1].epochs, 2);
}
END_TEST

START_TEST(a_single_seed_at_99_percent_does_not_make_it_the_target)
{
    add(64, 0, (const uint32_t[]){9000, 9200, 9901, 9902});
    add_level(64, 1, 9300);
    add_level(64, 2, 9400);
    add_level(32, 0, 9500);
    judge(0);
    ck_assert_double_eq_tol(answer.target, 0.93, 1e-12);
    ck_assert_int_eq(answer.target_is, VERDICT_TARGET_COMMON);
    ck_assert_double_eq(answer.rows[0].epochs, 1);
    ck_assert_uint_eq(answer.rows[0].reached, 3);
}
END_TEST

/* 99.01 / 100 is more than 9901 / 10000, and Keras logs 0.96 in single precision, which is less. */
START_TEST(an_accuracy_is_reached_whatever_its_last_bits_are)
{
    add_level(64, 0, 9901);
    judge(99.01 / 100);
    ck_assert_double_eq(answer.rows[0].epochs, 1);
    ck_assert_double_eq(answer.rows[0].seconds, 1);
    all.runs[0].record.epochs[0].val_accuracy = (float)0.96;
    judge(0.96);
    ck_assert_double_eq(answer.rows[0].epochs, 1);
    all.runs[0].record.epochs[0].val_accuracy = 0.959999; /* an image less, of a million */
    judge(0.96);
    ck_assert_double_eq(answer.rows[0].epochs, 2);
}
END_TEST

START_TEST(seconds_count_only_on_the_same_hardware)
{
    add_level(64, 0, 9900);
    compared_run *other = add_level(32, 0, 9900);
    judge(0);
    ck_assert(answer.same_hardware);
    other = &all.runs[1];
    other->record.runs_at_once = 2;
    judge(0);
    ck_assert(!answer.same_hardware);
    other->record.runs_at_once = 1;
    strcpy(other->record.hardware, "another");
    judge(0);
    ck_assert(!answer.same_hardware);
}
END_TEST

START_TEST(what_is_not_alike_is_left_out)
{
    add_level(64, 0, 9900);
    add_level(32, 0, 9910);
    add_level(32, 0, 9999);
    add_level(16, 0, 9999)->record.config.data_crc32 = 1;
    add_level(16, 1, 9999)->record.config.epochs = 5;
    add_level(16, 2, 9999)->record.config.precision = ENGINE_BF16;
    judge(0);
    ck_assert_uint_eq(answer.count, 2);
    ck_assert_uint_eq(answer.rows[0].seeds + answer.rows[1].seeds, 2);
    ck_assert_uint_eq(answer.left_out[FAMILY_OTHER_DATA], 1);
    ck_assert_uint_eq(answer.left_out[FAMILY_OTHER_EPOCHS], 1);
    ck_assert_uint_eq(answer.left_out[FAMILY_OTHER_ENGINE], 1);
    ck_assert_uint_eq(answer.left_out[FAMILY_REPEATED], 1);
}
END_TEST

START_TEST(of_two_families_the_one_with_more_batch_sizes_is_compared)
{
    for (uint32_t seed = 0; seed < 5; seed++) {
        add_level(128, seed, 9900)->record.config.epochs = 5;
    }
    add_level(64, 0, 9900);
    add_level(32, 0, 9900);
    judge(0);
    ck_assert_uint_eq(answer.count, 2);
    ck_assert_uint_eq(answer.left_out[FAMILY_OTHER_EPOCHS], 5);
}
END_TEST

START_TEST(a_run_that_repeats_one_which_failed_takes_its_place)
{
    add_level(64, 0, 9900)->record.state = RUN_INTERRUPTED;
    add_level(64, 0, 9950);
    judge(0);
    ck_assert_uint_eq(answer.rows[0].seeds, 1);
    ck_assert_uint_eq(answer.rows[0].unfinished, 0);
    ck_assert_uint_eq(answer.left_out[FAMILY_REPEATED], 1);
}
END_TEST

/* At the rate 0.002 the lower seeds look better and the upper ones do not. */
static void add_rates(uint32_t batch_size, uint32_t seeds)
{
    for (uint32_t seed = 0; seed < seeds; seed++) {
        add_level(batch_size, seed, 9900 + seed);
        add_level(batch_size, seed, seed < seeds / 2 ? 9930 : 9890)->record.config.learning_rate =
            2e-3;
    }
}

START_TEST(a_learning_rate_is_chosen_on_some_seeds_and_confirmed_on_others)
{
    add_rates(64, 6);
    judge(0);
    ck_assert_uint_eq(answer.count, 1);
    ck_assert_int_eq(answer.rows[0].rate, VERDICT_RATE_CONFIRMED);
    ck_assert_double_eq(answer.rows[0].learning_rate, 2e-3);
    ck_assert_uint_eq(answer.rows[0].seeds, 3);
    ck_assert_double_eq_tol(answer.rows[0].accuracy.value, 0.989, 1e-12);
}
END_TEST

START_TEST(with_few_seeds_a_rate_is_chosen_and_not_confirmed)
{
    add_rates(64, 3);
    judge(0);
    ck_assert_int_eq(answer.rows[0].rate, VERDICT_RATE_CHOSEN);
    ck_assert_uint_eq(answer.rows[0].seeds, 3);
    ck_assert_double_eq(answer.rows[0].learning_rate, 2e-3);
}
END_TEST

START_TEST(a_rate_with_a_diverged_seed_is_not_chosen)
{
    add_rates(64, 6);
    add_level(64, 9, 9999)->record.config.learning_rate = 2e-3;
    all.runs[all.count - 1].record.state = RUN_DIVERGED;
    judge(0);
    ck_assert_double_eq(answer.rows[0].learning_rate, 1e-3);
    ck_assert_uint_eq(answer.rows[0].diverged, 0);
}
END_TEST

/* Seeds 0 to 4 at one rate, and a better accuracy at another with seed 0 alone. */
START_TEST(a_rate_that_no_other_seed_confirms_is_not_chosen)
{
    for (uint32_t seed = 0; seed < 5; seed++) {
        add_level(64, seed, 9900);
    }
    add_level(64, 0, 9999)->record.config.learning_rate = 2e-3;
    judge(0);
    ck_assert_int_eq(answer.rows[0].rate, VERDICT_RATE_CONFIRMED);
    ck_assert_double_eq(answer.rows[0].learning_rate, 1e-3);
    ck_assert_uint_eq(answer.rows[0].seeds, 3);
}
END_TEST

START_TEST(rates_without_a_common_seed_are_chosen_on_all_of_them)
{
    for (uint32_t seed = 0; seed < 2; seed++) {
        add_level(64, seed, 9900);
        add_level(64, 2 + seed, 9950)->record.config.learning_rate = 2e-3;
    }
    judge(0);
    ck_assert_int_eq(answer.rows[0].rate, VERDICT_RATE_CHOSEN);
    ck_assert_double_eq(answer.rows[0].learning_rate, 2e-3);
    ck_assert_uint_eq(answer.rows[0].seeds, 2);
}
END_TEST

START_TEST(none_is_best_of_what_has_not_finished_or_has_diverged)
{
    for (uint32_t seed = 0; seed < 3; seed++) {
        add_level(64, seed, 9950);
        add_level(32, seed, 9900);
    }
    add_level(32, 3, 9900)->record.state = RUN_DIVERGED;
    add_level(16, 0, 9900)->record.state = RUN_INTERRUPTED;
    judge(0);
    ck_assert_uint_eq(leader(VERDICT_ACCURACY), 64);
    ck_assert_uint_eq(verdict_rivals(&answer, 0, leaders), 0);
    ck_assert(!verdict_is_best(&answer, 0));
}
END_TEST

START_TEST(nothing_is_no_verdict)
{
    judge(0);
    ck_assert_uint_eq(answer.count, 0);
    ck_assert_double_eq(answer.target, 0.99);
    ck_assert_uint_eq(verdict_leaders(&answer, VERDICT_ACCURACY, leaders), 0);
    add_level(64, 0, 9900)->record.state = RUN_DIVERGED;
    judge(0);
    ck_assert_uint_eq(answer.count, 1);
    ck_assert_uint_eq(verdict_leaders(&answer, VERDICT_ACCURACY, leaders), 0);
}
END_TEST

/* A uniform number in (0, 1), the same ones each time. */
static double uniform(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
    const double radius = sqrt(-2 * log(uniform(state)));
    return radius * cos(2 * acos(-1) * uniform(state));
}

/* Whether the verdict calls any batch size better than another. */
static bool has_a_winner(void)
{
    for (size_t i = 0; i < answer.count * answer.count; i++) {
        if (verdict_is_better(&answer, i / answer.count, i % answer.count)) {
            return true;
        }
    }
    return false;
}

/* The numbers of batch sizes, learning rates and seeds, and the spread of accuracies over seeds, in
 * images. */
typedef struct made_up_sweep {
    uint32_t batch_sizes;
    uint32_t learning_rates;
    uint32_t seeds;
    double spread;
} made_up_sweep;

/* A sweep whose batch sizes and rates are equally good. A part of the seed's effect is common to
 * all runs, as that of the images' order; another part differs for each run. */
static void add_equal_runs(const made_up_sweep *sweep, uint64_t *state)
{
    for (uint32_t seed = 0; seed < sweep->seeds; seed++) {
        const double shared = 9920 + 5 * normal(state);
        for (uint32_t i = 0; i < sweep->batch_sizes * sweep->learning_rates; i++) {
            const double correct = shared + sweep->spread * normal(state);
            add_level(16U << i % sweep->batch_sizes, seed, (uint32_t)lround(correct))
                ->record.config.learning_rate = 1e-3 * (1 + i / sweep->batch_sizes);
        }
    }
}

/* The number of such sweeps, of 1,000, in which the verdict calls one batch size better than
 * another. */
static unsigned false_winners(const made_up_sweep *sweep)
{
    uint64_t state = 7;
    unsigned winners = 0;
    for (unsigned i = 0; i < 1000; i++) {
        made_up_set_up();
        add_equal_runs(sweep, &state);
        judge(0);
        winners += has_a_winner();
        verdict_free(&answer);
    }
    return winners;
}

static const made_up_sweep equal_sweeps[] = {
    {.batch_sizes = 2, .learning_rates = 1, .seeds = 5, .spread = 5},
    {.batch_sizes = 3, .learning_rates = 1, .seeds = 3, .spread = 5},
    {.batch_sizes = 4, .learning_rates = 1, .seeds = 5, .spread = 5},
    {.batch_sizes = 3, .learning_rates = 1, .seeds = 2, .spread = 0.3},
    {.batch_sizes = 3, .learning_rates = 1, .seeds = 10, .spread = 0.3},
    {.batch_sizes = 2, .learning_rates = 1, .seeds = 3, .spread = 0},
    /* With fewer than four seeds the rates are chosen on the seeds that judge them. */
    {.batch_sizes = 3, .learning_rates = 3, .seeds = 2, .spread = 5},
    {.batch_sizes = 3, .learning_rates = 3, .seeds = 3, .spread = 5},
    {.batch_sizes = 2, .learning_rates = 5, .seeds = 3, .spread = 5},
    {.batch_sizes = 2, .learning_rates = 3, .seeds = 4, .spread = 5},
    {.batch_sizes = 3, .learning_rates = 3, .seeds = 6, .spread = 5},
    {.batch_sizes = 3, .learning_rates = 3, .seeds = 10, .spread = 0.3},
};

START_TEST(equal_batch_sizes_have_a_winner_in_at_most_5_percent_of_sweeps)
{
    const unsigned winners = false_winners(&equal_sweeps[_i]);
    ck_assert_msg(winners <= 50, "%u of 1000", winners);
}
END_TEST

START_TEST(unequal_batch_sizes_have_the_winner_that_they_should)
{
    uint64_t state = 11;
    unsigned found = 0;
    for (unsigned sweep = 0; sweep < 100; sweep++) {
        made_up_set_up();
        for (uint32_t seed = 0; seed < 10; seed++) {
            add_level(64, seed, (uint32_t)lround(9900 + 4 * normal(&state)));
            add_level(32, seed, (uint32_t)lround(9915 + 4 * normal(&state)));
            add_level(16, seed, (uint32_t)lround(9900 + 4 * normal(&state)));
        }
        judge(0);
        found += leader(VERDICT_ACCURACY) == 32 && verdict_rivals(&answer, 1, leaders) == 0;
        verdict_free(&answer);
    }
    ck_assert_uint_ge(found, 95);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict");
    TCase *cases = tcase_create("verdict");
    tcase_add_checked_fixture(cases, made_up_set_up, made_up_tear_down);
    tcase_add_test(cases, a_clear_winner_is_better_beyond_chance);
    tcase_add_test(cases, one_seed_each_tells_nothing);
    tcase_add_test(cases, seeds_that_are_not_shared_are_compared_by_welch);
    tcase_add_test(cases, seeds_that_agree_have_the_interval_that_rounding_to_an_image_makes);
    tcase_add_test(cases, an_interval_ends_where_accuracies_do);
    tcase_add_test(cases, equals_lead_together);
    tcase_add_test(cases, a_batch_size_with_a_diverged_seed_never_leads);
    tcase_add_test(cases, unfinished_runs_are_counted_and_in_no_figure);
    tcase_add_test(cases, seeds_that_never_reach_the_target_are_the_slowest);
    tcase_add_test(cases, half_of_an_even_number_of_seeds_is_no_median);
    tcase_add_test(cases, where_none_reaches_99_percent_the_target_is_what_all_reach);
    tcase_add_test(cases, a_single_seed_at_99_percent_does_not_make_it_the_target);
    tcase_add_test(cases, an_accuracy_is_reached_whatever_its_last_bits_are);
    tcase_add_test(cases, seconds_count_only_on_the_same_hardware);
    tcase_add_test(cases, what_is_not_alike_is_left_out);
    tcase_add_test(cases, of_two_families_the_one_with_more_batch_sizes_is_compared);
    tcase_add_test(cases, a_run_that_repeats_one_which_failed_takes_its_place);
    tcase_add_test(cases, a_learning_rate_is_chosen_on_some_seeds_and_confirmed_on_others);
    tcase_add_test(cases, with_few_seeds_a_rate_is_chosen_and_not_confirmed);
    tcase_add_test(cases, a_rate_with_a_diverged_seed_is_not_chosen);
    tcase_add_test(cases, a_rate_that_no_other_seed_confirms_is_not_chosen);
    tcase_add_test(cases, rates_without_a_common_seed_are_chosen_on_all_of_them);
    tcase_add_test(cases, none_is_best_of_what_has_not_finished_or_has_diverged);
    tcase_add_test(cases, nothing_is_no_verdict);
    tcase_add_loop_test(cases, equal_batch_sizes_have_a_winner_in_at_most_5_percent_of_sweeps, 0,
                        sizeof equal_sweeps / sizeof equal_sweeps[0]);
    tcase_add_test(cases, unequal_batch_sizes_have_the_winner_that_they_should);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
