/* Compares each part of an engine's computation with the double-precision reference. Each function
 * fails the test if the difference exceeds what rounding_bounds.h allows for the engine's
 * precision. */
#ifndef ENGINE_COMPARISON_H
#define ENGINE_COMPARISON_H

#include "engine_bounds.h"
#include "lenet_reference.h"

/* The last step's activations and metrics, after the reference's forward pass with the same
 * parameters. After a step in micro-batches the engine has only the last one's activations, which
 * begin with sample `first` of the pass. Otherwise `first` is 0. */
void compare_forward(const engine_variant *v, engine *e, const reference_pass *pass, uint32_t first,
                     const engine_step *step, const engine_step *expected);

/* The gradients [LENET_PARAMETERS] of the step, in single precision. If a value before ReLU is
 * within rounding of 0, or two values of a window are within rounding of each other, either
 * decision is right. The effect of such decisions widens the bound: the reference computes it by
 * flipping all of them. The bound must not become so wide that it is useless. (Half of the bound of
 * conv2's values is still several times an engine's error there.) */
void compare_gradients(const engine_variant *v, reference_run *run, const double *gradient);

/* Adam's update; the reference makes it from the engine's own gradient. */
void compare_update(const engine_variant *v, engine *e, reference_run *run, const double *gradient);

/* The predicted probabilities [count,10] of all samples of the data, and the loss of an evaluation,
 * which must be the loss of these probabilities. */
void compare_probabilities(const engine_variant *v, reference_run *run, const engine_data *data,
                           const float *probabilities, double evaluated_loss);

#endif
