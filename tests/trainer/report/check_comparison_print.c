/* The comparison as people and programs get it: the verdict's lines, the tables, JSON and CSV. */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "comparison_print.h"
#include "made_up_runs.h"
#include "verdict_words.h"

static char *text; /* what was printed last */
static size_t size;

static void set_up(void)
{
    made_up_set_up();
    text = NULL;
}

static void tear_down(void)
{
    free(text);
    made_up_tear_down();
}

static FILE *begin_text(void)
{
    free(text);
    text = NULL;
    return open_memstream(&text, &size);
}

/* Asserts that no line is longer, and that all is ASCII. */
static void assert_fits(size_t columns)
{
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        const size_t length = strcspn(line, "\n");
        ck_assert_msg(length <= columns, "%.*s", (int)length, line);
        for (size_t i = 0; i < length; i++) {
            ck_assert_msg((unsigned char)line[i] < 0x80, "%.*s", (int)length, line);
        }
    }
}

static size_t count_lines(const char *end)
{
    size_t lines = 0;
    for (const char *c = text; c < end; c++) {
        lines += *c == '\n';
    }
    return lines;
}

/* Judges the runs and prints the answer. The verdict, up to the empty line, has two to six lines,
 * and nothing has more than 80 columns. */
static void print_for(double target)
{
    judge(target);
    FILE *out = begin_text();
    ck_assert_int_eq(verdict_words_print(&answer, out), 0);
    fputc('\n', out);
    comparison_print_table(&all, &answer, out);
    fclose(out);
    assert_fits(80);
    const char *table = strstr(text, "\n\n");
    ck_assert_ptr_nonnull(table);
    const size_t lines = count_lines(table + 1);
    ck_assert_msg(lines >= 1 && lines <= 6, "%s", text);
}

static void print(void)
{
    print_for(0);
}

static void assert_has(const char *words)
{
    ck_assert_msg(strstr(text, words) != NULL, "no \"%s\" in\n%.2000s", words, text);
}

static void assert_lacks(const char *words)
{
    ck_assert_msg(strstr(text, words) == NULL, "\"%s\" in\n%.2000s", words, text);
}

/* Asserts that the text begins so. */
static void assert_begins(const char *begin)
{
    ck_assert_msg(strncmp(text, begin, strlen(begin)) == 0, "%s", text);
}

START_TEST(one_seed_says_that_it_tells_nothing_and_which_command_does)
{
    add(64, 0, (const uint32_t[]){9800, 9850, 9900, 9910});
    add(32, 0, (const uint32_t[]){9800, 9900, 9905, 9930});
    print();
    assert_begins("Best      batch size 32: 99.30 % validated, but one seed cannot tell\n"
                  "Fastest   batch size 32: 2 epochs to 99 %\n"
                  "Cheapest  batch size 32: 2 s of training to 99 % (64: 1.5 times)\n"
                  "How sure  one seed tells nothing, 5 can: trainer sweep --batch-sizes 64,32\n"
                  "          --epochs 4 --seeds 5 (on the same data, with the same options)\n\n");
}
END_TEST

START_TEST(the_command_for_many_batch_sizes_is_named_without_them)
{
    for (uint32_t i = 0; i < 40; i++) {
        add_level(1000 + i, 0, 9900 + i);
    }
    print();
    assert_has(
        "\nHow sure  one seed tells nothing, 5 can: the same trainer sweep with --seeds 5\n\n");
}
END_TEST

START_TEST(a_single_seed_among_others_with_several_gets_the_command_too)
{
    for (uint32_t seed = 0; seed < 3; seed++) {
        add_level(64, seed, 9900 + seed);
        add_level(16, seed, 9910 + seed);
    }
    add_level(32, 0, 9950);
    print();
    assert_begins(
        "Best      batch size 32: 99.50 % validated, but 64 and 16 cannot be told from it\n");
    assert_has("\nHow sure  one seed tells nothing, 5 can: trainer sweep --batch-sizes 64,32,16\n");
}
END_TEST

/* Batch size 32 is 0.2 points ahead of the others in each seed, or nearly. */
static void add_clear_winner(void)
{
    for (uint32_t seed = 0; seed < 5; seed++) {
        add_level(64, seed, 9900 + seed);
        add_level(32, seed, 9920 + seed + seed % 2);
        add_level(16, seed, 9901 + seed);
    }
}

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

/* Batch size 8 is ahead in the seeds that did not diverge, and 4 has not finished. */
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

START_TEST(rivals_that_cannot_be_told_from_the_best_are_named)
{
    for (uint32_t seed = 0; seed < 3; seed++) {
        add_level(64, seed, 9900 + 10 * seed);
        add_level(32, seed, 9915 + 5 * seed);
        add_level(16, seed, 9800);
    }
    print();
    /* The differences are 0.15, 0.10 and 0.05 points: 0.1, and 2.776 / 4.303 of ... */
    assert_begins(
        "Best      batch size 32: 99.20 % validated (99.08 to 99.32 over 3 seeds), but 64\n"
        "          cannot be told from it (0.10 points behind, -0.02 to 0.22)\n");
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
    assert_has(
        ", but\n          128, 64 and 3 more cannot be told from it (next: 0.01 points behind,\n");
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

static void add_rates(uint32_t seeds)
{
    for (uint32_t seed = 0; seed < seeds; seed++) {
        add_level(64, seed, 9900 + seed);
        add_level(64, seed, 9930 + seed % 2)->record.config.learning_rate = 4.4721359e-4;
        add_level(32, seed, 9920 + 2 * seed);
    }
}

START_TEST(rates_are_named_where_they_differ)
{
    add_rates(6);
    print();
    assert_begins("Left out  9 runs: other learning rates (6), used to choose the rates (3)\n"
                  "Best      batch size 64: 99.31 % validated at rate 0.000447 (99.29 to 99.32),\n"
                  "          but 32 cannot be told from it (0.03 points behind, -0.03 to 0.08)\n");
    assert_has("Note: of several learning rates a batch size has the one that was best on the\n"
               "      lower half of the seeds; its figures are those of the other seeds\n");
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

START_TEST(a_rate_that_could_not_be_confirmed_is_noted)
{
    add_rates(3);
    print();
    assert_has("Note: of several learning rates a batch size has the best one; chosen on the\n"
               "      seeds that it is shown by, it looks a little too good (with 4 seeds or\n");
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

START_TEST(runs_that_shared_the_hardware_are_noted)
{
    add_level(64, 0, 9900)->record.runs_at_once = 3;
    print();
    assert_has("Note: up to 3 runs shared the hardware; alone each takes fewer seconds\n");
}
END_TEST

START_TEST(long_notes_are_broken_and_many_are_cut)
{
    for (uint32_t seed = 0; seed < 15; seed++) {
        compared_run *run = add_level(64, seed, 9900);
        run->record.state = RUN_INTERRUPTED;
        snprintf(run->name, sizeof run->name, "LeNet-MNIST-2-BatchSize=64-Seed=%u", (unsigned)seed);
    }
    print();
    assert_has("Note: LeNet-MNIST-2-BatchSize=64-Seed=0: not finished (interrupted): 4 of 4\n"
               "      epochs\n");
    assert_has("Note: not finished: batch size 64 (15 of 15 seeds)\n");
    assert_has("Note: and 12 more runs have a note; --format json has them all\n");
}
END_TEST

static uint64_t state; /* of the numbers that are chosen */

/* Numbers below `end`, the same ones each time. */
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

/* Of which print asserts that they have at most six lines of 80 columns. */
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

/* Four seeds, of which two choose the rate; one of the others diverged. */
START_TEST(seeds_are_those_that_judge_and_what_is_missing_is_noted)
{
    for (uint32_t seed = 0; seed < 5; seed++) {
        add_level(64, seed, 9900);
        add_level(64, seed, 9950)->record.config.learning_rate = 2e-3;
        add_level(32, seed, 9900);
    }
    add_level(32, 5, 9900)->record.state = RUN_DIVERGED;
    add_level(64, 6, 9900)->record.config.learning_rate = 2e-3;
    all.runs[all.count - 1].record.state = RUN_INTERRUPTED;
    print();
    assert_has("\n    64    0.002     3   99.50 ");
    assert_has("\n    32    0.001     5   99.00 ");
    assert_has("Note: diverged: batch size 32 (1 of 6 seeds);");
    assert_has("Note: not finished: batch size 64 (1 of 6 seeds)\n");
}
END_TEST

static void print_details(void)
{
    judge(0);
    FILE *out = begin_text();
    comparison_print_details(&all, &answer, out);
    fclose(out);
    assert_fits(120);
}

START_TEST(details_have_a_row_a_run_and_the_differences)
{
    add_clear_winner();
    for (size_t i = 0; i < all.count; i++) {
        snprintf(all.runs[i].name, sizeof all.runs[i].name,
                 "LeNet-MNIST-2-BatchSize=1024-LR=0.0005-Seed=%zu", i);
        all.runs[i].record.epochs[1].loss = 1.234e30;
        all.runs[i].record.epochs[1].training_seconds = 100;
    }
    print_details();
    assert_has("\n#1        64    938   1.00 (1.00-100.00)     60000      0.0  1 min 43 s  LeNet");
    assert_has("\n#1        64  0.0000 0.0000 @1         0.0000");
    assert_has("  0.9900 0.9900 @1   1\n");
    assert_has("\n64 less 32             -0.204  -0.2");
    assert_has("  paired, 5 seeds in common\n");
}
END_TEST

START_TEST(details_say_which_runs_a_learning_rate_leaves_out)
{
    add_rates(6);
    print_details();
    assert_has("\n#1 is left out: its learning rate was chosen by it\n");
    assert_has("\n#7 is left out: learning rate 0.000447 was chosen for its batch size\n");
    assert_lacks("\n#4 is left out");
    assert_lacks("\n#13 is left out");
}
END_TEST

/* Of batch size 32 one seed has no scale of its own and one measured nothing. */
START_TEST(details_have_the_noise_scales_of_averaged_parts)
{
    static const gradient_noise noise[] = {
        {3, 0.5, 6}, {5, 0.25, 20}, {10, -0.5, NAN}, {2, 1.5, 2 / 1.5}, {NAN, NAN, NAN}};
    for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++) {
        compared_run *run = add_level(i < 2 ? 64 : 32, i, 9900);
        run->record.config.noise_scale = true;
        run->record.epochs[MADE_UP_EPOCHS - 1].noise = noise[i];
    }
    add_level(16, 0, 9900);
    print_details();
    assert_has("\nNoise  batch      scale          S      |G|^2  seeds  after the last epoch\n"
               "          64       10.7          4      0.375      2\n"
               "          32       12.0          6        0.5      2\n\n");
}
END_TEST

START_TEST(details_have_no_noise_scales_where_none_is_measured)
{
    add_clear_winner();
    print_details();
    assert_lacks("Noise");
    add_level(16, 0, 9900)->record.config.noise_scale = true;
    all.runs[all.count - 1].record.epochs[MADE_UP_EPOCHS - 1].noise = (gradient_noise){1, -1, NAN};
    print_details();
    assert_has("          16          -          1         -1      1\n");
}
END_TEST

START_TEST(details_say_why_each_run_is_left_out)
{
    add_level(64, 0, 9900);
    add_level(64, 0, 9900);
    add_level(32, 0, 9900);
    add_level(16, 1, 9999)->record.config.epochs = 5;
    print_details();
    assert_has("\n#2 is left out: it repeats #1\n");
    assert_has("\n#4 is left out: epochs 5 instead of 4\n");
}
END_TEST

/* One without an epoch, one that diverged, and one whose losses are large. */
START_TEST(details_of_runs_without_figures_are_plain)
{
    compared_run *run = add_level(64, 0, 980);
    run->record.state = RUN_RUNNING;
    run->record.epoch_count = 0;
    run = add_level(32, 0, 980);
    run->record.state = RUN_DIVERGED;
    run->record.epochs[3].loss = -NAN;
    run = add_level(16, 0, 980);
    run->record.epochs[3].loss = 1.297e29;
    print_details();
    assert_has("#1        64  no epoch yet\n");
    assert_has("#2        32     nan 0.0000 @1 ");
    assert_has("  diverged\n");
    assert_has("1.297e+29");
    assert_has("\n64 less 32                  -\n");
    assert_lacks("-nan");
}
END_TEST

static json_t *print_json(void)
{
    judge(0);
    FILE *out = begin_text();
    ck_assert_int_eq(comparison_print_json(&all, &answer, out), 0);
    fclose(out);
    json_t *root = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(root);
    return root;
}

static const json_t *at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    ck_assert_msg(value != NULL, "no %s", key);
    return value;
}

static int64_t whole(const json_t *object, const char *key)
{
    ck_assert(json_is_integer(at(object, key)));
    return json_integer_value(at(object, key));
}

START_TEST(json_has_the_verdict)
{
    add_clear_winner();
    add_level(16, 5, 9900)->record.state = RUN_DIVERGED;
    add_level(16, 0, 9900)->record.config.epochs = 5;
    json_t *root = print_json();
    ck_assert_double_eq(json_real_value(at(root, "target_accuracy")), 0.99);
    ck_assert_str_eq(json_string_value(at(root, "target")), "usual");
    const json_t *small = json_array_get(at(root, "batch_sizes"), 2);
    ck_assert_int_eq(whole(small, "batch_size"), 16);
    ck_assert_int_eq(whole(small, "runs"), 5);
    ck_assert_int_eq(whole(small, "diverged"), 1);
    ck_assert_str_eq(json_string_value(at(small, "rate")), "only");
    const json_t *pair = json_array_get(at(root, "differences"), 0);
    ck_assert_int_eq(whole(pair, "batch_size"), 64);
    ck_assert_int_eq(whole(pair, "other"), 32);
    ck_assert_double_eq_tol(json_real_value(at(pair, "points")), -0.204, 1e-9);
    ck_assert(json_is_true(at(pair, "paired")));
    ck_assert_uint_eq(json_array_size(at(root, "best")), 1);
    ck_assert_int_eq(json_integer_value(json_array_get(at(root, "best"), 0)), 32);
    ck_assert(json_is_true(at(root, "better_than_all")));
    ck_assert(json_is_null(at(root, "seeds_needed")));
    ck_assert_uint_eq(json_array_size(at(root, "fastest")), 2); /* 16 has a diverged seed */
    ck_assert_int_eq(whole(at(root, "left_out"), "other_epochs"), 1);
    ck_assert_uint_eq(json_array_size(at(root, "runs")), 17);
    json_decref(root);
}
END_TEST

START_TEST(json_has_null_where_a_number_is_not_there)
{
    add_level(64, 0, 9800);
    compared_run *run = add_level(32, 0, 9900);
    run->record.epochs[3].loss = NAN;
    run->record.epochs[2].loss = INFINITY;
    json_t *root = print_json();
    const json_t *large = json_array_get(at(root, "batch_sizes"), 0);
    ck_assert(json_is_null(at(at(large, "final_val_accuracy"), "error")));
    ck_assert(json_is_null(at(large, "epochs_to_target")));
    ck_assert(json_is_null(at(json_array_get(at(root, "differences"), 0), "p")));
    const json_t *small = json_array_get(at(root, "runs"), 1);
    ck_assert(json_is_null(at(at(small, "loss"), "final")));
    ck_assert_str_eq(json_string_value(at(small, "place")), "member");
    ck_assert(json_is_null(at(small, "diverged_at_step")));
    json_decref(root);
}
END_TEST

START_TEST(csv_has_a_row_a_run_and_quotes_what_needs_it)
{
    add_level(64, 7, 9900);
    strcpy(add_level(32, 0, 9800)->name, "a, \"b\"");
    judge(0);
    FILE *out = begin_text();
    comparison_print_csv(&all, &answer, out);
    fclose(out);
    ck_assert_str_eq(text,
                     "name,batch_size,learning_rate,seed,state,place,epochs,loss,accuracy,val_loss,"
                     "val_accuracy,best_val_accuracy,best_epoch,epochs_to_target,seconds_to_target,"
                     "seconds_per_epoch,seconds,peak_bytes\n"
                     "run0,64,0.001,7,finished,member,4,0,0,0,0.99,0.99,1,1,1,1,4,0\n"
                     "\"a, \"\"b\"\"\",32,0.001,0,finished,member,4,0,0,0,0.98,0.98,1,,,1,4,0\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("comparison_print");
    TCase *cases = tcase_create("printing");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, one_seed_says_that_it_tells_nothing_and_which_command_does);
    tcase_add_test(cases, the_command_for_many_batch_sizes_is_named_without_them);
    tcase_add_test(cases, a_single_seed_among_others_with_several_gets_the_command_too);
    tcase_add_test(cases, a_clear_winner_is_better_than_all_others);
    tcase_add_test(cases, a_winner_is_not_called_better_than_what_it_was_not_compared_with);
    tcase_add_test(cases, rivals_that_cannot_be_told_from_the_best_are_named);
    tcase_add_test(cases, of_many_rivals_the_first_are_named_and_the_nearest_is_told);
    tcase_add_test(cases, a_spread_so_large_that_a_hundred_seeds_are_too_few_is_said);
    tcase_add_test(cases, a_rival_may_be_ahead_in_the_seeds_that_both_have);
    tcase_add_test(cases, equals_are_named_together);
    tcase_add_test(cases, one_batch_size_alone_is_compared_with_nothing);
    tcase_add_test(cases, nothing_that_has_finished_is_no_verdict);
    tcase_add_test(cases, where_all_diverged_nothing_is_first);
    tcase_add_test(cases, a_batch_size_with_a_diverged_seed_is_counted_and_never_first);
    tcase_add_test(cases, rates_are_named_where_they_differ);
    tcase_add_test(cases,
                   the_seeds_that_choose_rates_are_not_among_those_that_would_show_a_difference);
    tcase_add_test(cases, a_rate_that_could_not_be_confirmed_is_noted);
    tcase_add_test(cases, what_is_left_out_is_said_first_and_why);
    tcase_add_test(cases, where_none_reaches_99_percent_the_common_target_is_named_as_such);
    tcase_add_test(cases, a_target_that_is_given_is_used);
    tcase_add_test(cases, the_fastest_has_its_median_and_how_often_it_is_first);
    tcase_add_test(cases, seconds_of_other_hardware_are_not_compared);
    tcase_add_test(cases, runs_that_shared_the_hardware_are_noted);
    tcase_add_test(cases, long_notes_are_broken_and_many_are_cut);
    tcase_add_loop_test(cases, whatever_the_runs_are_the_verdict_has_six_lines_at_most, 0, 12);
    tcase_add_test(cases, what_rounds_to_nothing_has_no_sign_and_is_no_multiple);
    tcase_add_test(cases, the_rates_of_rivals_are_named_if_they_differ);
    tcase_add_test(cases, seeds_are_those_that_judge_and_what_is_missing_is_noted);
    tcase_add_test(cases, details_have_a_row_a_run_and_the_differences);
    tcase_add_test(cases, details_say_which_runs_a_learning_rate_leaves_out);
    tcase_add_test(cases, details_have_the_noise_scales_of_averaged_parts);
    tcase_add_test(cases, details_have_no_noise_scales_where_none_is_measured);
    tcase_add_test(cases, details_say_why_each_run_is_left_out);
    tcase_add_test(cases, details_of_runs_without_figures_are_plain);
    tcase_add_test(cases, json_has_the_verdict);
    tcase_add_test(cases, json_has_null_where_a_number_is_not_there);
    tcase_add_test(cases, csv_has_a_row_a_run_and_quotes_what_needs_it);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
