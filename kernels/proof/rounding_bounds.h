/* How far an engine's results may be from exact ones, by its precision: for the tests, which
 * compare with a reference in double precision, and for the proof of a device, which compares
 * with another engine. */
#ifndef KERNELS_ROUNDING_BOUNDS_H
#define KERNELS_ROUNDING_BOUNDS_H

#include <stdint.h>

#include "engine.h"

static const double unit_roundoff = 0x1p-24; /* of single precision */

/* The bound of a tensor's error, relative to its largest value, if the longest sum that leads to it
 * has `terms` terms. The rounding errors of a sum add up like a random walk, to sqrt(terms) of
 * them, each at most unit_roundoff of a partial sum. The partial sums are of the size of the
 * largest results. The factor allows for the layers before and for results whose own partial sums
 * are larger; the engines' blocked sums stay far below.
 *
 * In tf32 and bf16 both factors of a product's terms are rounded, to 11 and 8 bits. Those errors
 * add up at random like the terms themselves, so relative to the sum they do not grow with the
 * number of terms; the factor allows for what Winograd's transforms add. */
double rounding_bound(engine_precision precision, double terms);

/* The longest sum that leads to a gradient, in terms: a weight of a convolution sums over all
 * places of all samples, and whatever comes back through dense1 depends on its sums of 9216. */
double rounding_terms_of_gradient(const lenet_tensor *tensor, uint32_t samples);

/* The bound of the root mean square error of values after conv2 or dense1, relative to that of the
 * values. In single precision that is rounding_bound of the longest sum. A factor that is rounded
 * to tf32 or bf16 is off by at most its unit roundoff, evenly spread. Over the mantissas the root
 * mean square of that is 0.42 of it, and 0.6 of it for a product of two. A sum of such products is
 * off by as much, relative to the root of its terms' squares. That root is about the size of the
 * sum if signs are mixed. After both conv2 and dense1 the error is 0.85 of the unit roundoff. Twice
 * the unit roundoff leaves room for sums that cancel, but none for a precision that is 8 times as
 * coarse. */
double rounding_bound_of_whole(engine_precision precision);

/* The bound of the root mean square error of a tf32 or bf16 gradient, relative to that of the
 * gradient. A share of about `roundoff` of all decisions (ReLU's gates and pooling windows) depends
 * on rounding and goes the other way. Each changes a gradient like a random term of its sum, so the
 * error grows with the root of their number. In the harness' gradients it is up to 0.8
 * sqrt(roundoff) in tf32 and 1.1 in bf16; three times the root leaves room. */
double rounding_bound_of_decisions(engine_precision precision);

/* The bound of a parameter's error after Adam's update, given the gradient. The new value is
 * rounded once. The update itself has a dozen roundings, and is at most a few learning rates
 * large. */
double rounding_bound_of_update(double parameter, double learning_rate);

/* The bound of the loss of a step, counted from 1, relative to it. There is no formula for the
 * effect of rounding on later losses: Adam divides errors by the gradients' size, and decisions
 * flip. So the bounds are chosen. Runs of correct engines, with four seeds, stayed below a tenth of
 * them in fp32, and on the harness below half of them in tf32 and bf16. Planted faults exceed them
 * (check_engine_proof). */
double rounding_bound_of_loss(engine_precision precision, uint32_t step);

#endif
