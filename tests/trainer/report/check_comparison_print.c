/* The comparison's output for people and programs: the table and its notes, details, JSON and
 * CSV. */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "comparison_print.h"
#include "made_up_runs.h"
#include "printed_answer.h"

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
                  "          but 32 may be as good (0.03 points behind, -0.03 to 0.08)\n");
    assert_has("Note: of several learning rates a batch size has the one that was best on the\n"
               "      lower half of the seeds; its figures are those of the other seeds\n");
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

/* Two of the five seeds choose the rate of batch size 64. Of two more seeds one diverged and one
 * was interrupted. */
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
    assert_has("\n#1 is left out: it served to choose its learning rate\n");
    assert_has("\n#7 is left out: learning rate 0.000447 was chosen for its batch size\n");
    assert_lacks("\n#4 is left out");
    assert_lacks("\n#13 is left out");
}
END_TEST

/* At batch size 32 one seed has no noise scale and one measured nothing. */
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
    tcase_add_checked_fixture(cases, printed_set_up, printed_tear_down);
    tcase_add_test(cases, rates_are_named_where_they_differ);
    tcase_add_test(cases, a_rate_that_could_not_be_confirmed_is_noted);
    tcase_add_test(cases, runs_that_shared_the_hardware_are_noted);
    tcase_add_test(cases, long_notes_are_broken_and_many_are_cut);
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
