/* Options: numbers are parsed strictly, defaults are right, and wrong usage has its own status. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "number.h"
#include "run_options_parse.h"

START_TEST(whole_numbers_are_digits_in_range)
{
    uint64_t value = 7;
    ck_assert(number_parse("0", 0, 9, &value));
    ck_assert_uint_eq(value, 0);
    ck_assert(number_parse("4294967295", 1, UINT32_MAX, &value));
    ck_assert_uint_eq(value, UINT32_MAX);
    ck_assert(number_parse("18446744073709551615", 0, UINT64_MAX, &value));
    ck_assert_uint_eq(value, UINT64_MAX);
}
END_TEST

START_TEST(anything_but_digits_in_range_is_no_whole_number)
{
    static const char *const wrong[] = {"",           " 1",  "1 ",  "+1",
                                        "-1",         "1.0", "1e3", "0x10",
                                        "4294967296", "abc", "0",   "18446744073709551616"};
    uint64_t value = 7;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(!number_parse(wrong[i], 1, UINT32_MAX, &value), "\"%s\"", wrong[i]);
        ck_assert_uint_eq(value, 7);
    }
}
END_TEST

START_TEST(positive_reals_are_plain_and_finite)
{
    static const char *const wrong[] = {"",       "0",  "-1", "nan",   "inf",    "1e999",
                                        "0x1p-3", " 1", "1e", "1.2.3", "1e-400", "e5"};
    double value = 7;
    ck_assert(number_parse_positive_real("1e-3", &value));
    ck_assert_double_eq(value, 1e-3);
    ck_assert(number_parse_positive_real("0.25", &value));
    ck_assert_double_eq(value, 0.25);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(!number_parse_positive_real(wrong[i], &value), "\"%s\"", wrong[i]);
    }
    ck_assert_double_eq(value, 0.25);
}
END_TEST

START_TEST(sizes_have_decimal_or_binary_units)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } right[] = {{"7B", 7},
                 {"8G", 8ull << 30},
                 {"3K", 3072},
                 {"3M", 3ull << 20},
                 {"2T", 2ull << 40},
                 {"5KiB", 5120},
                 {"8g", 8ull << 30},
                 {"2KB", 2000},
                 {"2TB", 2000000000000},
                 {"8GiB", 8ull << 30},
                 {"8GB", 8000000000},
                 {"500MiB", 500ull << 20},
                 {"2kB", 2000},
                 {"16777215TiB", 16777215ull << 40}};
    static const char *const wrong[] = {"",
                                        "0",
                                        "8",
                                        "GiB",
                                        "8 GiB",
                                        "8Gi",
                                        "8GiBB",
                                        "8P",
                                        "-1MB",
                                        "1.5GiB",
                                        "0MiB",
                                        "16777216TiB",
                                        "99999999999999999999999999"};
    uint64_t bytes = 3;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(!number_parse_bytes(wrong[i], &bytes), "\"%s\"", wrong[i]);
        ck_assert_uint_eq(bytes, 3);
    }
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        ck_assert_msg(number_parse_bytes(right[i].text, &bytes), "\"%s\"", right[i].text);
        ck_assert_uint_eq(bytes, right[i].bytes);
    }
}
END_TEST

START_TEST(exact_texts_of_numbers_are_short_and_read_back_the_same)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.0005, "0.0005"},
                 {1, "1"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {1e-5, "1e-05"},
                 {3e38, "3e+38"},
                 {-1.2345678901234568e-300, "-1.2345678901234568e-300"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[NUMBER_BYTES];
        number_format_exact(text, cases[i].value);
        ck_assert_str_eq(text, cases[i].text);
        ck_assert(strtod(text, NULL) == cases[i].value);
    }
}
END_TEST

/* Parses "program" and up to `count` further arguments. */
static outcome parse(run_options *out, bool sweep, int count, const char *const *arguments)
{
    static char program[] = "program";
    static char copies[24][64];
    char *argv[25] = {program};
    for (int i = 0; i < count; i++) {
        snprintf(copies[i], sizeof copies[i], "%s", arguments[i]);
        argv[i + 1] = copies[i];
    }
    return sweep ? run_options_parse_sweep(out, count + 1, argv)
                 : run_options_parse_train(out, count + 1, argv);
}

START_TEST(train_has_the_documented_defaults)
{
    run_options options;
    ck_assert_int_eq(parse(&options, false, 0, NULL), OUTCOME_DONE);
    ck_assert_uint_eq(options.batch_size_count, 1);
    ck_assert_uint_eq(options.batch_sizes[0], 32);
    ck_assert_uint_eq(options.epochs, 15);
    ck_assert_uint_eq(options.seed, 0);
    ck_assert_double_eq(options.learning_rates[0], 1e-3);
    ck_assert_str_eq(options.data, "data/mnist");
    ck_assert_ptr_null(options.logdir);
    ck_assert_str_eq(options.engine, "auto");
    ck_assert_int_eq(options.precision, ENGINE_DEFAULT_PRECISION);
    ck_assert_int_eq(options.frequency, LOG_ONE_PERCENT);
    ck_assert(!options.overwrite && !options.quiet && !options.histograms && !options.noise_scale &&
              !options.terminate_on_nan && !options.no_model && !options.save_best);
}
END_TEST

START_TEST(sweep_has_the_tutorials_batch_sizes_in_its_order)
{
    run_options options;
    ck_assert_int_eq(parse(&options, true, 0, NULL), OUTCOME_DONE);
    ck_assert_uint_eq(options.batch_size_count, 3);
    ck_assert_uint_eq(options.batch_sizes[0], 64);
    ck_assert_uint_eq(options.batch_sizes[1], 32);
    ck_assert_uint_eq(options.batch_sizes[2], 16);
    ck_assert_str_eq(options.logdir, "./logs");
}
END_TEST

START_TEST(every_option_is_taken)
{
    static const char *const arguments[] = {"--batch-sizes=8,128,1",
                                            "--epochs=3",
                                            "--seed=9",
                                            "--learning-rate=0.5",
                                            "--data=d",
                                            "--logdir=l",
                                            "--engine=cpu",
                                            "--precision=bf16",
                                            "--train-samples=100",
                                            "--threads=2",
                                            "--update-freq=7",
                                            "--isa=avx2",
                                            "--micro-batch=4",
                                            "--overwrite",
                                            "--quiet",
                                            "--histograms",
                                            "--noise-scale",
                                            "--terminate-on-nan",
                                            "--seeds=6",
                                            "--jobs=5",
                                            "--checkpoint-interval=0",
                                            "--save-best"};
    run_options options;
    ck_assert_int_eq(parse(&options, true, 22, arguments), OUTCOME_DONE);
    ck_assert_uint_eq(options.batch_size_count, 3);
    ck_assert_uint_eq(options.batch_sizes[0], 8);
    ck_assert_uint_eq(options.batch_sizes[1], 128);
    ck_assert_uint_eq(options.batch_sizes[2], 1);
    ck_assert_uint_eq(options.epochs, 3);
    ck_assert_uint_eq(options.seed, 9);
    ck_assert_double_eq(options.learning_rates[0], 0.5);
    ck_assert_str_eq(options.data, "d");
    ck_assert_str_eq(options.logdir, "l");
    ck_assert_str_eq(options.engine, "cpu");
    ck_assert_int_eq(options.precision, ENGINE_BF16);
    ck_assert_uint_eq(options.train_samples, 100);
    ck_assert_uint_eq(options.threads, 2);
    ck_assert_uint_eq(options.micro_batch, 4);
    ck_assert_uint_eq(options.seeds, 6);
    ck_assert_uint_eq(options.jobs, 5);
    ck_assert_uint_eq(options.checkpoint_interval, 0);
    ck_assert_int_eq(options.frequency, LOG_STEPS);
    ck_assert_uint_eq(options.log_steps, 7);
    ck_assert_str_eq(options.isa, "avx2");
    ck_assert(options.overwrite && options.quiet && options.histograms && options.terminate_on_nan);
    ck_assert(options.save_best && !options.no_model && options.noise_scale);
}
END_TEST

static void assert_choice(const run_options *options, size_t index, uint32_t batch_size,
                          double learning_rate, uint64_t seed)
{
    const run_choice choice = run_options_choice(options, index);
    ck_assert_uint_eq(choice.batch_size, batch_size);
    ck_assert_double_eq(choice.learning_rate, learning_rate);
    ck_assert_uint_eq(choice.seed, seed);
}

START_TEST(a_sweeps_runs_are_ordered_by_size_then_rate_then_seed)
{
    static const char *const arguments[] = {"--batch-sizes=64,16", "--learning-rates=1e-3,0.5",
                                            "--seeds=2", "--seed=7"};
    run_options options;
    ck_assert_int_eq(parse(&options, true, 4, arguments), OUTCOME_DONE);
    ck_assert_uint_eq(run_options_run_count(&options), 8);
    assert_choice(&options, 0, 64, 1e-3, 7);
    assert_choice(&options, 1, 64, 1e-3, 8);
    assert_choice(&options, 2, 64, 0.5, 7);
    assert_choice(&options, 3, 64, 0.5, 8);
    assert_choice(&options, 4, 16, 1e-3, 7);
    assert_choice(&options, 7, 16, 0.5, 8);
}
END_TEST

START_TEST(rates_without_seeds_are_a_grid_too)
{
    static const char *const arguments[] = {"--batch-sizes=64,16", "--learning-rates=1e-3,0.5"};
    run_options options;
    ck_assert_int_eq(parse(&options, true, 2, arguments), OUTCOME_DONE);
    ck_assert_uint_eq(run_options_run_count(&options), 4);
    assert_choice(&options, 1, 64, 0.5, 0);
    assert_choice(&options, 2, 16, 1e-3, 0);
}
END_TEST

START_TEST(rates_are_scaled_from_batch_size_32)
{
    static const struct {
        const char *scaling;
        double of_64; /* of a base of 0.25 */
        double of_8;
    } cases[] = {{"--scale-learning-rate=none", 0.25, 0.25},
                 {"--scale-learning-rate=linear", 0.5, 0.0625},
                 {"--scale-learning-rate=sqrt", 0.35355339059327379, 0.125}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const arguments[] = {"--batch-sizes=64,32,8", "--learning-rate=0.25",
                                         cases[i].scaling};
        run_options options;
        ck_assert_int_eq(parse(&options, true, 3, arguments), OUTCOME_DONE);
        ck_assert(fabs(run_options_choice(&options, 0).learning_rate - cases[i].of_64) < 1e-15);
        assert_choice(&options, 1, 32, 0.25, 0);
        assert_choice(&options, 2, 8, cases[i].of_8, 0);
    }
}
END_TEST

START_TEST(train_scales_its_rate_too)
{
    static const char *const arguments[] = {"--batch-size=64", "--scale-learning-rate=linear"};
    run_options options;
    ck_assert_int_eq(parse(&options, false, 2, arguments), OUTCOME_DONE);
    ck_assert_uint_eq(run_options_run_count(&options), 1);
    assert_choice(&options, 0, 64, 0.002, 0);
}
END_TEST

/* Each line is refused because of its last option. */
static const char *const wrong_together[][3] = {
    {"--learning-rate=0.5", "--epochs=1", "--learning-rates=0.5,1"},
    {"--learning-rates=0.5,1", "--epochs=1", "--learning-rate=0.5"},
    {"--learning-rate=3e38", "--batch-sizes=32,64", "--scale-learning-rate=linear"},
    {"--learning-rate=3e38", "--batch-sizes=32,64", "--scale-learning-rate=sqrt"},
    {"--learning-rate=2e-45", "--batch-sizes=32,1", "--scale-learning-rate=linear"},
    /* Their products with 1.0625 round to the same number, above 2, where numbers are sparser. */
    {"--learning-rates=1.9000000000000001,1.9000000000000004", "--batch-sizes=34",
     "--scale-learning-rate=linear"},
    {"--learning-rates=1,2,3,4,5", "--batch-sizes=1,2,3,4,5,6,7,8,9,10", "--seeds=2001"}};

START_TEST(options_that_do_not_go_together_are_wrong_usage)
{
    run_options options;
    ck_assert_int_eq(parse(&options, true, 2, wrong_together[_i]), OUTCOME_DONE);
    ck_assert_int_eq(parse(&options, true, 3, wrong_together[_i]), OUTCOME_REFUSED);
}
END_TEST

START_TEST(a_large_grid_is_taken)
{
    static const char *const arguments[] = {"--learning-rates=1,2,3,4,5",
                                            "--batch-sizes=1,2,3,4,5,6,7,8,9,10", "--seeds=2000"};
    run_options options;
    ck_assert_int_eq(parse(&options, true, 3, arguments), OUTCOME_DONE);
    ck_assert_uint_eq(run_options_run_count(&options), RUN_OPTIONS_MAX_RUNS);
    assert_choice(&options, RUN_OPTIONS_MAX_RUNS - 1, 10, 5, 1999);
}
END_TEST

START_TEST(a_list_has_at_most_64_numbers)
{
    char text[512] = "--learning-rates=1";
    char *argv[] = {(char[]){"program"}, text, NULL};
    run_options options;
    for (int i = 2; i <= RUN_OPTIONS_MAX_ITEMS; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, ",%d", i);
    }
    ck_assert_int_eq(run_options_parse_sweep(&options, 2, argv), OUTCOME_DONE);
    ck_assert_uint_eq(options.learning_rate_count, RUN_OPTIONS_MAX_ITEMS);
    strcat(text, ",65");
    ck_assert_int_eq(run_options_parse_sweep(&options, 2, argv), OUTCOME_REFUSED);
}
END_TEST

START_TEST(no_network_and_the_best_one_exclude_each_other)
{
    static const char *const none[] = {"--no-model"};
    static const char *const both[] = {"--no-model", "--save-best"};
    run_options options;
    ck_assert_int_eq(parse(&options, _i == 1, 1, none), OUTCOME_DONE);
    ck_assert(options.no_model && !options.save_best);
    ck_assert_int_eq(parse(&options, _i == 1, 2, both), OUTCOME_REFUSED);
}
END_TEST

START_TEST(update_frequency_takes_words_and_numbers)
{
    static const char *const batch[] = {"--update-freq", "batch"};
    static const char *const epoch[] = {"--update-freq", "epoch"};
    run_options options;
    ck_assert_int_eq(parse(&options, false, 2, batch), OUTCOME_DONE);
    ck_assert_int_eq(options.frequency, LOG_STEPS);
    ck_assert_uint_eq(options.log_steps, 1);
    ck_assert_int_eq(parse(&options, false, 2, epoch), OUTCOME_DONE);
    ck_assert_int_eq(options.frequency, LOG_EPOCH);
}
END_TEST

static const char *const wrong_arguments[] = {"--batch-sizes=",
                                              "--batch-sizes=0",
                                              "--batch-sizes=-1",
                                              "--batch-sizes=64,,16",
                                              "--batch-sizes=64,",
                                              "--batch-sizes=8,8",
                                              "--batch-sizes=a",
                                              "--epochs=0",
                                              "--epochs=-3",
                                              "--epochs=3x",
                                              "--epochs=1000001",
                                              "--seed=-1",
                                              "--seed=9223372036854775808",
                                              "--learning-rate=0",
                                              "--learning-rate=nan",
                                              "--learning-rate=1e39",
                                              "--learning-rate=1e-60",
                                              "--learning-rates=",
                                              "--learning-rates=0.1,",
                                              "--learning-rates=0.1,0.2,1e-1",
                                              "--learning-rates=0.1,0",
                                              "--learning-rates=0.1,inf",
                                              "--learning-rates=1e39",
                                              "--scale-learning-rate=",
                                              "--scale-learning-rate=cubic",
                                              "--data=",
                                              "--logdir=",
                                              "--precision=fp64",
                                              "--train-samples=0",
                                              "--threads=0",
                                              "--update-freq=0",
                                              "--update-freq=often",
                                              "extra"};

START_TEST(wrong_arguments_are_wrong_usage)
{
    run_options options;
    ck_assert_msg(parse(&options, true, 1, &wrong_arguments[_i]) == OUTCOME_REFUSED, "%s",
                  wrong_arguments[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_options");
    TCase *numbers = tcase_create("numbers");
    tcase_add_test(numbers, whole_numbers_are_digits_in_range);
    tcase_add_test(numbers, anything_but_digits_in_range_is_no_whole_number);
    tcase_add_test(numbers, positive_reals_are_plain_and_finite);
    tcase_add_test(numbers, sizes_have_decimal_or_binary_units);
    tcase_add_test(numbers, exact_texts_of_numbers_are_short_and_read_back_the_same);
    suite_add_tcase(suite, numbers);
    TCase *options = tcase_create("options");
    tcase_add_test(options, train_has_the_documented_defaults);
    tcase_add_test(options, sweep_has_the_tutorials_batch_sizes_in_its_order);
    tcase_add_test(options, every_option_is_taken);
    tcase_add_test(options, a_sweeps_runs_are_ordered_by_size_then_rate_then_seed);
    tcase_add_test(options, rates_without_seeds_are_a_grid_too);
    tcase_add_test(options, rates_are_scaled_from_batch_size_32);
    tcase_add_test(options, train_scales_its_rate_too);
    tcase_add_test(options, a_large_grid_is_taken);
    tcase_add_test(options, a_list_has_at_most_64_numbers);
    tcase_add_loop_test(options, options_that_do_not_go_together_are_wrong_usage, 0,
                        sizeof wrong_together / sizeof wrong_together[0]);
    tcase_add_loop_test(options, no_network_and_the_best_one_exclude_each_other, 0, 2);
    tcase_add_test(options, update_frequency_takes_words_and_numbers);
    tcase_add_loop_test(options, wrong_arguments_are_wrong_usage, 0,
                        sizeof wrong_arguments / sizeof wrong_arguments[0]);
    suite_add_tcase(suite, options);
    return run_suite(suite);
}
