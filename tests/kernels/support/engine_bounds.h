/* Asserts that an engine is within the bounds of rounding_bounds.h. With SHOW_ERRORS in the
 * environment every comparison prints its error and what is allowed. */
#ifndef ENGINE_BOUNDS_H
#define ENGINE_BOUNDS_H

#include <stddef.h>

#include "engine_variants.h"
#include "rounding_bounds.h"

/* Infinite where either side has a value that is not finite. */
double largest_difference(const double *a, const double *b, size_t count);
double largest_of(const double *values, size_t count);

/* The root of the mean square difference, relative to that of `expected`. */
double whole_error(const double *values, const double *expected, size_t count);

/* Asserts error <= bound, which a NaN never is. */
void expect_within(const engine_variant *v, const char *what, double error, double bound);

/* Asserts that a whole_error of values after conv2 or dense1 is at most that of the precision. */
void expect_whole(const engine_variant *v, const char *what, double error);

/* Asserts that a whole_error is more than the bound of the next finer precision. Of pool, which
 * is behind one product alone; what is behind dense1 may be of one sign, and its errors any
 * smaller. */
void expect_no_finer(const engine_variant *v, const char *what, double error);

#endif
