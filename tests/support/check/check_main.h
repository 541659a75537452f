/* What main of a Check program does and returns. */
#ifndef TESTS_CHECK_MAIN_H
#define TESTS_CHECK_MAIN_H

#include <check.h>
#include <stddef.h>

/* Runs the suite, each test in its own process, prints the failures, and frees the suite. Returns
 * what main must return. */
int run_suite(Suite *suite);

/* The same in this process, for tests whose threads would not survive a fork. */
int run_suite_without_forks(Suite *suite);

/* The same as run_suite for one test case of tests[count], which has the suite's name. `begin` and
 * `end`, which may be NULL, run before and after each test. */
int run_tests(const char *name, SFun begin, SFun end, const TTest *const *tests, size_t count);

#define RUN_TESTS_BETWEEN(begin, end, name, ...)                                                   \
    run_tests(name, begin, end, (const TTest *const[]){__VA_ARGS__},                               \
              sizeof((const TTest *const[]){__VA_ARGS__}) / sizeof(const TTest *))

#define RUN_TESTS(name, ...) RUN_TESTS_BETWEEN(NULL, NULL, name, __VA_ARGS__)

#endif
