/* main of a Check program: runs one test case made of the given tests. */
#ifndef TESTS_CHECK_MAIN_H
#define TESTS_CHECK_MAIN_H

#include <check.h>
#include <stdlib.h>

/* `begin` and `end`, which may be NULL, run before and behind each test. */
static int run_tests(const char *name, SFun begin, SFun end, const TTest *const *tests,
                     size_t count)
{
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);
    /* Sanitizers are slow, and a busy machine slower: the limit only ends what hangs. */
    tcase_add_checked_fixture(cases, begin, end);
    for (size_t i = 0; i < count; i++) {
        tcase_add_test(cases, tests[i]);
    }
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define RUN_TESTS_BETWEEN(begin, end, name, ...)                                                   \
    run_tests(name, begin, end, (const TTest *const[]){__VA_ARGS__},                               \
              sizeof((const TTest *const[]){__VA_ARGS__}) / sizeof(const TTest *))

#define RUN_TESTS(name, ...) RUN_TESTS_BETWEEN(NULL, NULL, name, __VA_ARGS__)

#endif
