/* The parts of check_engine beside its own tests. Each adds those of its file, for the engine that
 * the fixture's `api` is. */
#ifndef TESTS_ENGINE_TESTS_H
#define TESTS_ENGINE_TESTS_H

#include <check.h>

void add_engine_bits_tests(TCase *c);
void add_engine_state_tests(TCase *c);

#endif
