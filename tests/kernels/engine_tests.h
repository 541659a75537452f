/* Parts of check_engine in files of their own. Each function adds the tests of its file, for the
 * engine in the fixture's `api`. */
#ifndef TESTS_ENGINE_TESTS_H
#define TESTS_ENGINE_TESTS_H

#include <check.h>

void add_engine_bits_tests(TCase *c);
void add_engine_state_tests(TCase *c);

#endif
