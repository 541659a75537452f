/* The verdict in words: a few lines above the table. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include "check_main.h"
#include "made_up_runs.h"
#include "printed_answer.h"

START_TEST(one_seed_says_that_it_tells_nothing_and_what_to_run)
{
    add(64, 0, (const uint32_t[]){9800, 9850, 9900, 9910});
    add(32, 0, (const uint32_t[]){9800, 9900, 9905, 9930});
    print();
    assert_begins(
        "Best      batch size 32: 99.30 % validated, but one seed cannot tell\n"
        "Fastest   batch size 32: 2 epochs to 99 %\n"
        "Cheapest  batch size 32: 2 s of training to 99 % (64: 1.5 times)\n"
        "How sure  one seed tells nothing; run the same trainer sweep with --seeds 5\n\n");
}
END_TEST

START_TEST(a_single_seed_among_others_with_several_gets_the_advice_too)
{
    for (uint32_t seed = 0; seed < 3; seed++) {
        add_level(64, seed, 9900 + seed);
        add_level(16, seed, 9910 + seed);
    }
    add_level(32, 0, 9950);
    print();
    assert_begins("Best      batch size 32: 99.50 % validated, but 64 and 16 may be as good\n");
    assert_has("\nHow sure  one seed tells nothing; run the same trainer sweep with --seeds 5\n");
}
END_TEST

START_TEST(a_clear_winner_is_better_than_all_others)
{
    add_clear_winner();
    print();
    assert_begins(
        "Best      batch size 32: 99.22 % validated (99.20 to 99.24 over 5 seeds), better\n"
        "          than all others beyond chance\n");
    assert_has("\nHow sure  5 seeds; each of these differences has p < 0.05 (Holm)\n");
}
END_TEST

/* Batch size 8 leads in the seeds that did not diverge, and 4 has not finished. */
START_TEST(a_winner_is_not_called_better_than_what_it_was_not_compared_with)
{
    add_clear_winner();
    for (uint32_t seed = 0; seed < 4; seed++) {
        add_level(8, seed, 9990);
    }
    add_level(8, 4, 9990)->record.state = RUN_DIVERGED;
    add_level(4, 0, 9990)->record.state = RUN_INTERRUPTED;
    print();
    assert_begins(
        "Best      batch size 32: 99.22 % validated (99.20 to 99.24 over 5 seeds), better\n"
        "          beyond chance than all that finished without a diverged seed\n");
}
END_TEST

START_TEST(rivals_that_may_be_as_good_are_named)
{
    for (uint32_t seed = 0; seed < 3; seed++) {
        add_level(64, seed, 9900 + 10 * seed);
        add_level(32, seed, 9915 + 5 * seed);
        add_level(16, seed, 9800);
    }
    print();
    /* The differences are 0.15, 0.10 and 0.05 points: 0.10 ± 4.303 × 0.05 / √3 = 0.10 ± 0.12. */
    assert_begins(
        "Best      batch size 32: 99.20 % validated (99.08 to 99.32 over 3 seeds), but 64\n"
        "          may be as good (0.10 points behind, -0.02 to 0.22)\n");
    assert_has("\nHow sure  3 seeds; 6 would show a difference of 0.10 points in 80 % of cases\n");
}
END_TEST

START_TEST(of_many_rivals_the_first_are_named_and_the_nearest_is_told)
{
    for (uint32_t seed = 0; seed < 2; seed++) {
        for (uint32_t i = 0; i < 6; i++) {
            add_level(8U << i, seed, 9900 + 30 * seed + i);
        }
    }
    print();
    assert_has("128, 64 and 3 other sizes may be as good (next: 0.01 points behind,");
}
END_TEST

START_TEST(a_spread_so_large_that_a_hundred_seeds_are_too_few_is_said)
{
    for (uint32_t seed = 0; seed < 2; seed++) {
        add_level(64, seed, 9000 + 900 * seed);
        add_level(32, seed, 9901 - 900 * seed);
    }
    print();
    assert_has("2 seeds; more than 100 are needed to show a difference of 0.10 points\n");
}
END_TEST

START_TEST(a_rival_may_be_ahead_in_the_seeds_that_both_have)
{
    add_level(64, 0, 9900);
    add_level(64, 1, 9910);
    add_level(64, 2, 9990);
    add_level(32, 0, 9920);
    add_level(32, 1, 9922);
    print();
    assert_has("(0.16 points ahead in their common seeds,");
    assert_has("How sure  2 seeds; 4 would show a difference of 0.16 points in 80 % of cases\n");
}
END_TEST

START_TEST(equals_are_named_together)
{
    add_level(64, 0, 9950);
    add_level(32, 0, 9950);
    add_level(16, 0, 9940);
    print();
    assert_begins("Best      batch sizes 64 and 32 alike: 99.50 % validated\n"
                  "Fastest   batch sizes 64, 32 and 16 alike: 1 epoch to 99 %\n");
}
END_TEST

/* Runs at `count` large batch sizes that are all first by their epochs, and so much else to say
 * that these must be named in few words. */
static void add_equals_in_a_long_verdict(uint32_t count)
{
    for (uint32_t seed = 0; seed < 3; seed++) {
        for (uint32_t i = 0; i < count; i++) {
            add_level(32768U >> i, seed, 9800 + 10 * seed * (i + 1));
        }
    }
    add_level(16, 0, 9999)->record.config.data_crc32 = 1;
    add_level(16, 1, 9999)->record.config.epochs = 5;
    add_level(16, 2, 9999)->record.config.precision = ENGINE_BF16;
    add_level(16, 3, 9999)->is_foreign = true;
}

START_TEST(three_equals_are_all_named_in_a_long_verdict)
{
    add_equals_in_a_long_verdict(3);
    print();
    assert_has("\nFastest   32768, 16384 and 8192 alike: 1 epoch to ");
}
END_TEST

START_TEST(of_more_equals_the_number_is_called_a_number_of_sizes)
{
    add_equals_in_a_long_verdict(4);
    print();
    assert_has("\nFastest   32768 and 3 other sizes alike: 1 epoch to ");
}
END_TEST

START_TEST(one_batch_size_alone_is_compared_with_nothing)
{
    add_level(64, 0, 9950);
    add_level(64, 1, 9940);
    print();
    assert_begins("Best      batch size 64: 99.45 % validated (98.81 to 100.00 over 2 seeds)\n"
                  "Fastest   batch size 64: 1 epoch (median) to 99 %\n"
                  "Cheapest  batch size 64: 1 s of training to 99 %\n\n");
}
END_TEST

START_TEST(nothing_that_has_finished_is_no_verdict)
{
    add_level(64, 0, 9950)->record.state = RUN_INTERRUPTED;
    add_level(32, 0, 9950)->record.state = RUN_RUNNING;
    print();
    assert_begins("Best      none: no run has finished yet\n\n");
    assert_has(
        "    64    0.001     0       -                    -  -                  -       -\n");
    assert_has("\nNote: not finished: batch size 64 (1 of 1 seeds), 32 (1 of 1 seeds)\n");
    assert_has("\nNote: run0: not finished (interrupted): 4 of 4 epochs\n");
}
END_TEST

START_TEST(where_all_diverged_nothing_is_first)
{
    add_level(64, 0, 9950)->record.state = RUN_DIVERGED;
    print();
    assert_begins("Best      none: no run has finished without diverging\n\n");
    add_level(64, 1, 9950);
    print();
    assert_begins("Best      none: no batch size has finished without a diverged seed\n\n");
}
END_TEST

START_TEST(a_batch_size_with_a_diverged_seed_is_counted_and_never_first)
{
    for (uint32_t seed = 0; seed < 3; seed++) {
        add_level(64, seed, 9990);
        add_level(32, seed, 9950);
    }
    add_level(64, 3, 9990)->record.state = RUN_DIVERGED;
    print();
    assert_begins("Best      batch size 32: 99.50 % validated (99.49 to 99.51 over 3 seeds); no\n"
                  "          other has finished without a diverged seed\n"
                  "Fastest   batch size 32: 1 epoch (median) to 99 %\n"
                  "Cheapest  batch size 32: 1 s of training to 99 %\n\n");
    assert_has("\n    64    0.001     3   99.90 ");
    assert_has("\nNote: diverged: batch size 64 (1 of 4 seeds); a batch size with a diverged seed\n"
               "      is never first\n");
}
END_TEST

/* Of six seeds, three confirm the rates. */
START_TEST(the_seeds_that_choose_rates_are_not_among_those_that_would_show_a_difference)
{
    for (uint32_t seed = 0; seed < 6; seed++) {
        add_level(64, seed, 9900 + 10 * (seed % 3));
        add_level(64, seed, 9800)->record.config.learning_rate = 2e-3;
        add_level(32, seed, 9915 + 5 * (seed % 3));
    }
    print();
    assert_has("\nHow sure  3 seeds; 5, and 5 more to choose the rates, would show 0.10 points\n");
}
END_TEST

START_TEST(what_is_left_out_is_said_first_and_why)
{
    add_level(64, 0, 9900);
    add_level(32, 0, 9900);
    add_level(16, 0, 9999)->record.config.data_crc32 = 1;
    add_level(16, 1, 9999)->record.config.epochs = 5;
    add_level(16, 2, 9999)->record.config.epochs = 5;
    print();
    assert_begins("Left out  3 runs: other data (1), other epochs (2); --details lists them\n"
                  "Best      ");
}
END_TEST

START_TEST(where_none_reaches_99_percent_the_common_target_is_named_as_such)
{
    add(64, 0, (const uint32_t[]){9000, 9233, 9100, 9100});
    add(32, 0, (const uint32_t[]){9100, 9300, 9300, 9400});
    print();
    assert_has("Fastest   batch sizes 64 and 32 alike: 2 epochs to 92.33 %, the highest that all\n"
               "          runs reach\n");
    assert_has("  to 92.33 % ");
}
END_TEST

START_TEST(a_target_that_is_given_is_used)
{
    add_level(64, 0, 9900);
    add_level(32, 0, 9700);
    print_for(0.98);
    assert_has("Fastest   batch size 64: 1 epoch to 98 %\n");
    print_for(0.995);
    assert_has("Fastest   none reaches 99.5 % in most seeds\n");
}
END_TEST

START_TEST(the_fastest_has_its_median_and_how_often_it_is_first)
{
    for (uint32_t seed = 0; seed < 3; seed++) {
        add(64, seed, (const uint32_t[]){9800, 9900, 9900, 9900});
        add(32, seed, (const uint32_t[]){9800, seed == 0 ? 9900 : 9800, 9800, 9850});
    }
    print();
    assert_has("Fastest   batch size 64: 2 epochs (median) to 99 %, first in 2 of 3 seeds\n");
    assert_has("  never 1/3 ");
    ck_assert_uint_eq(all.runs[3].record.config.batch_size, 32);
    ck_assert_uint_eq(all.runs[3].record.config.seed, 0);
    all.runs[3].record.epochs[1].val_accuracy = 0.98;
    print();
    assert_has("Fastest   batch size 64: 2 epochs (median) to 99 %, first in all 3 seeds\n");
}
END_TEST

START_TEST(seconds_of_other_hardware_are_not_compared)
{
    add_level(64, 0, 9900);
    strcpy(add_level(32, 0, 9900)->record.hardware, "another");
    print();
    assert_has("Cheapest  not compared: other hardware, or another number of runs at a time\n");
}
END_TEST

static uint64_t state; /* state of the random numbers */

/* A random number below `end`; the sequence is always the same. */
static uint32_t chosen(uint32_t end)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % end;
}

/* A finished run in most cases, with anything that a verdict may have to mention. */
static void add_any_run(uint32_t batch_size, uint32_t seed, double learning_rate, uint32_t level)
{
    static const run_state states[] = {RUN_FINISHED, RUN_DIVERGED, RUN_INTERRUPTED};
    compared_run *run =
        add(batch_size, seed,
            (const uint32_t[]){level - chosen(40), level - chosen(20), level, level - chosen(9)});
    run->record.config.learning_rate = learning_rate;
    run->record.epochs[0].training_seconds = 1 + chosen(20) * chosen(20) * chosen(2000);
    run->record.state = chosen(40) > 0 ? RUN_FINISHED : states[chosen(3)];
    run->record.config.data_crc32 = chosen(30) == 0;
    run->record.config.epochs = chosen(30) == 0 ? 5 : MADE_UP_EPOCHS;
    run->record.config.precision = chosen(30) == 0 ? ENGINE_BF16 : ENGINE_FP32;
    run->is_foreign = chosen(30) == 0;
    run->record.runs_at_once = chosen(200) == 0 ? 2 : 1;
}

static void add_any_family(void)
{
    static const uint32_t levels[] = {9990, 9900, 5000, 1000, 10000};
    const uint32_t batch_sizes = 1 + chosen(7);
    const uint32_t seeds = 1 + chosen(chosen(2) == 0 ? 2 : 6);
    const uint32_t rates = 1 + chosen(3);
    const uint32_t level = levels[chosen(5)];
    for (uint32_t i = 0; i < batch_sizes; i++) {
        for (uint32_t rate = 0; rate < rates; rate++) {
            for (uint32_t seed = 0; seed < seeds; seed++) {
                add_any_run(65536U >> 2 * i, seed, rate == 0 ? 1e-3 : 4.4721359e-4 * rate,
                            level - chosen(1 + chosen(900)));
            }
        }
    }
}

/* `print` asserts that they have at most six lines of 80 columns. */
START_TEST(whatever_the_runs_are_the_verdict_has_six_lines_at_most)
{
    state = (uint64_t)_i;
    for (int i = 0; i < 20; i++) {
        made_up_tear_down();
        made_up_set_up();
        add_any_family();
        print_for(chosen(3) == 0 ? 0.98765 : 0);
        assert_lacks("-0.00");
    }
}
END_TEST

START_TEST(what_rounds_to_nothing_has_no_sign_and_is_no_multiple)
{
    for (uint32_t seed = 0; seed < 2; seed++) {
        add_level(64, seed, 9927 - 4 * seed);
        add_level(32, seed, 9900)->record.epochs[0].training_seconds = 1.001;
    }
    print();
    assert_has("(0.25 points behind, 0.00 to 0.50)");
    assert_has("Cheapest  batch size 64: 1 s of training to 99 % (32: as much)\n");
    assert_lacks("-0.00");
}
END_TEST

START_TEST(the_rates_of_rivals_are_named_if_they_differ)
{
    for (uint32_t seed = 0; seed < 3; seed++) {
        add_level(64, seed, 9900 + 10 * seed)->record.config.learning_rate = 2e-3;
        add_level(32, seed, 9915 + 5 * seed);
    }
    print();
    assert_has("at rate 0.001 ");
    assert_has("but 64 (rate 0.002)");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict_words");
    TCase *words = tcase_create("words");
    tcase_add_checked_fixture(words, printed_set_up, printed_tear_down);
    tcase_add_test(words, one_seed_says_that_it_tells_nothing_and_what_to_run);
    tcase_add_test(words, a_single_seed_among_others_with_several_gets_the_advice_too);
    tcase_add_test(words, a_clear_winner_is_better_than_all_others);
    tcase_add_test(words, a_winner_is_not_called_better_than_what_it_was_not_compared_with);
    tcase_add_test(words, rivals_that_may_be_as_good_are_named);
    tcase_add_test(words, of_many_rivals_the_first_are_named_and_the_nearest_is_told);
    tcase_add_test(words, a_spread_so_large_that_a_hundred_seeds_are_too_few_is_said);
    tcase_add_test(words, a_rival_may_be_ahead_in_the_seeds_that_both_have);
    tcase_add_test(words, equals_are_named_together);
    tcase_add_test(words, three_equals_are_all_named_in_a_long_verdict);
    tcase_add_test(words, of_more_equals_the_number_is_called_a_number_of_sizes);
    tcase_add_test(words, one_batch_size_alone_is_compared_with_nothing);
    tcase_add_test(words, nothing_that_has_finished_is_no_verdict);
    tcase_add_test(words, where_all_diverged_nothing_is_first);
    tcase_add_test(words, a_batch_size_with_a_diverged_seed_is_counted_and_never_first);
    tcase_add_test(words,
                   the_seeds_that_choose_rates_are_not_among_those_that_would_show_a_difference);
    tcase_add_test(words, what_is_left_out_is_said_first_and_why);
    tcase_add_test(words, where_none_reaches_99_percent_the_common_target_is_named_as_such);
    tcase_add_test(words, a_target_that_is_given_is_used);
    tcase_add_test(words, the_fastest_has_its_median_and_how_often_it_is_first);
    tcase_add_test(words, seconds_of_other_hardware_are_not_compared);
    tcase_add_loop_test(words, whatever_the_runs_are_the_verdict_has_six_lines_at_most, 0, 12);
    tcase_add_test(words, what_rounds_to_nothing_has_no_sign_and_is_no_multiple);
    tcase_add_test(words, the_rates_of_rivals_are_named_if_they_differ);
    suite_add_tcase(suite, words);
    return run_suite(suite);
}
