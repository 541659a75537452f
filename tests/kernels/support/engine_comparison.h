/* What an engine computes, part by part, against the double-precision reference; each fails the
 * test where the two are further apart than rounding_bounds.h allows the engine's precision. */
#ifndef ENGINE_COMPARISON_H
#define ENGINE_COMPARISON_H

#include "engine_bounds.h"
#include "lenet_reference.h"

/* The last step's activations, behind the reference's forward pass with the same parameters, and
 * its metrics. Of a step in micro-batches the engine has the last one's activations, which begin
 * with sample `first` of the pass; of a step as a whole `first` is 0. */
void compare_forward(const engine_variant *v, engine *e, const reference_pass *pass, uint32_t first,
                     const engine_step *step, const engine_step *expected);

/* The gradients [LENET_PARAMETERS] of the step, in single precision. A value before ReLU within
 * rounding of 0, or two values of a window within rounding of each other, may be decided either
 * way: what such decisions can do, by the reference with all of them flipped, widens the bound. It
 * must not make it empty. (Half of the bound of conv2's values is still several times the error
 * that engines have there.) */
void compare_gradients(const engine_variant *v, reference_run *run, const double *gradient);

/* Adam's update, from the engine's own gradient: the reference makes it too. */
void compare_update(const engine_variant *v, engine *e, reference_run *run, const double *gradient);

/* The probabilities [count,10] predicted for all samples of the data, and the loss that evaluation
 * found for them, which has to be that of these probabilities. */
void compare_probabilities(const engine_variant *v, reference_run *run, const engine_data *data,
                           const float *probabilities, double evaluated_loss);

#endif
