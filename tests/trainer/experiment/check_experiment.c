/* The directories of an experiment's runs. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "experiment.h"
#include "message.h"

static void assert_path(run_choice choice, bool seeded, const char *expected)
{
    char path[PATH_MAX];
    char message[MESSAGE_BYTES];
    ck_assert_int_eq(experiment_run_path(path, "logs", choice, seeded, message), 0);
    ck_assert_str_eq(path, expected);
}

START_TEST(a_runs_directory_names_its_batch_size)
{
    const run_choice config = {.batch_size = 64, .learning_rate = 0.001, .seed = 3};
    assert_path(config, false, "logs/LeNet-MNIST-2-BatchSize=64");
    assert_path(config, true, "logs/LeNet-MNIST-2-BatchSize=64-Seed=3");
}
END_TEST

START_TEST(a_rate_that_is_not_the_usual_one_is_named)
{
    const run_choice config = {.batch_size = 64, .learning_rate = 0.002, .seed = 3};
    assert_path(config, false, "logs/LeNet-MNIST-2-BatchSize=64-LR=0.002");
    assert_path(config, true, "logs/LeNet-MNIST-2-BatchSize=64-LR=0.002-Seed=3");
}
END_TEST

START_TEST(rates_that_differ_in_the_last_bit_have_directories_of_their_own)
{
    const run_choice sum = {.batch_size = 8, .learning_rate = 0.1 + 0.2};
    const run_choice decimal = {.batch_size = 8, .learning_rate = 0.3};
    assert_path(sum, false, "logs/LeNet-MNIST-2-BatchSize=8-LR=0.30000000000000004");
    assert_path(decimal, false, "logs/LeNet-MNIST-2-BatchSize=8-LR=0.3");
}
END_TEST

START_TEST(the_longest_name_is_whole)
{
    const run_choice config = {
        .batch_size = UINT32_MAX, .learning_rate = 2.0749139528992096e-38, .seed = INT64_MAX};
    assert_path(config, true,
                "logs/LeNet-MNIST-2-BatchSize=4294967295-LR=2.0749139528992096e-38"
                "-Seed=9223372036854775807");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiment");
    TCase *paths = tcase_create("paths");
    tcase_add_test(paths, a_runs_directory_names_its_batch_size);
    tcase_add_test(paths, a_rate_that_is_not_the_usual_one_is_named);
    tcase_add_test(paths, rates_that_differ_in_the_last_bit_have_directories_of_their_own);
    tcase_add_test(paths, the_longest_name_is_whole);
    suite_add_tcase(suite, paths);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
