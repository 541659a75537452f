/* Asserts that an engine is within the bounds of rounding_bounds.h. With SHOW_ERRORS in the
 * environment every comparison prints its error and its bound. */
#ifndef ENGINE_BOUNDS_H
#define ENGINE_BOUNDS_H

#include <stddef.h>

#include "engine_variants.h"
#include "rounding_bounds.h"

/* Infinite if either side has a value that is not finite. */
double largest_difference(const double *a, const double *b, size_t count);
double largest_of(const double *values, size_t count);

/* The root of the mean square difference, relative to that of `expected`. */
double whole_error(const double *values, const double *expected, size_t count);

/* Asserts error <= bound; a NaN fails. */
void expect_within(const engine_variant *v, const char *what, double error, double bound);

/* Asserts that a whole_error of values after conv2 or dense1 is within the precision's bound. */
void expect_whole(const engine_variant *v, const char *what, double error);

/* Asserts that a whole_error exceeds the bound of the next finer precision. Use it only for pool,
 * which comes after a single product. Values after dense1 may all have one sign, and their errors
 * may be smaller. */
void expect_no_finer(const engine_variant *v, const char *what, double error);

#endif
