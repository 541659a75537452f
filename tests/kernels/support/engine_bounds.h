/* How far an engine may be from the double-precision reference, by its precision. With SHOW_ERRORS
 * in the environment every comparison prints its error and what is allowed. */
#ifndef ENGINE_BOUNDS_H
#define ENGINE_BOUNDS_H

#include <stddef.h>

#include "engine_variants.h"

static const double unit_roundoff = 0x1p-24; /* of single precision */

/* Infinite where either side has a value that is not finite. */
double largest_difference(const double *a, const double *b, size_t count);
double largest_of(const double *values, size_t count);

/* The root of the mean square difference, relative to that of `expected`. */
double whole_error(const double *values, const double *expected, size_t count);

/* The bound of a tensor's error, relative to its largest value, where the longest sum behind it
 * has `terms` terms. Rounding errors of a sum walk at random: sqrt(terms) of them, each of at most
 * unit_roundoff of a partial sum. The partial sums are of the size of the largest results. The
 * factor allows for the layers before and for results whose own partial sums are larger; the
 * engines' blocked sums stay far below.
 *
 * In tf32 and bf16 both factors of a product's terms are rounded, to 11 and 8 bits. Those errors
 * walk at random like the terms themselves, so relative to the sum they do not grow with the number
 * of terms; the factor allows for what Winograd's transforms add. */
double rounding_bound(const engine_variant *v, double terms);

/* Asserts error <= bound, which a NaN never is. */
void expect_within(const engine_variant *v, const char *what, double error, double bound);

/* Asserts that a whole_error of values behind conv2 or dense1 is at most that of the precision. In
 * single precision that is rounding_bound of the longest sum. A factor that is rounded to tf32 or
 * bf16 is off by its unit roundoff at the most, evenly spread; over the mantissas that is 0.42 of
 * it, rms, and 0.6 of it for a product of two. So much is a sum off, relative to the root of its
 * terms' squares, which is about its own size where signs are mixed; behind conv2 and dense1, 0.85.
 * Twice the unit roundoff leaves room for sums that cancel, and for no precision that is 8 times as
 * coarse. */
void expect_whole(const engine_variant *v, const char *what, double error);

/* Asserts that a whole_error is more than the bound of the next finer precision. Of pool, which
 * is behind one product alone; what is behind dense1 may be of one sign, and its errors any
 * smaller. */
void expect_no_finer(const engine_variant *v, const char *what, double error);

#endif
