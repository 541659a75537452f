/* The gradient noise scale S / |G|^2 of McCandlish et al. 2018 (An Empirical Model of Large-Batch
 * Training, arXiv 1812.06162, appendix A.1): G is the mean gradient of the training loss, S the
 * trace of the covariance of single samples' gradients.
 *
 * A batch of B samples has a gradient of mean squared length |G|^2 + S / B. So two batch sizes give
 * both unknowns. Here the small batches are groups of a fixed sample, and the large one is all of
 * them together. |g_b|^2 is its mean over the groups:
 *
 *   |G|^2 = (B |g_B|^2 - b |g_b|^2) / (B - b)
 *   S     = (|g_b|^2 - |g_B|^2) / (1 / b - 1 / B)
 *
 * Both estimates are unbiased. Their quotient is not, and it is no estimate if that of |G|^2 is not
 * positive. The gradients are those of the loss without dropout. */
#ifndef TRAINER_NOISE_SCALE_H
#define TRAINER_NOISE_SCALE_H

#include <stdint.h>

#include "engine.h"
#include "epoch_figures.h"
#include "must_check.h"

/* The sample: groups of equal size, of a training set with room for them. Its 4096 samples cost
 * some 8 % of an epoch of MNIST on the CPU. Their number decides the error of |G|^2, which is the
 * larger one: it falls as S / samples. The number of groups decides the error of S alone, which 32
 * leave small, and how much the host has to do: each group is a gradient of 1.2 million numbers. */
enum { NOISE_SCALE_GROUPS = 32, NOISE_SCALE_LARGEST_GROUP = 128 };

/* Gradients of groups, added up. Starts with zeros and room for the sum. */
typedef struct noise_sums {
    double *sum;    /* [LENET_PARAMETERS] of the gradients */
    double squares; /* of their squared lengths */
    uint32_t groups;
} noise_sums;

/* Adds gradient[LENET_PARAMETERS] of a group's mean loss. */
void noise_sums_add(noise_sums *sums, const float *gradient);

/* From groups of `group_samples` each. All NaN for fewer than two groups, or if a gradient was not
 * finite. */
gradient_noise noise_sums_estimate(const noise_sums *sums, uint32_t group_samples);

/* Estimates the noise at the engine's weights. The engine's run continues with the same bits. For a
 * smaller training set the groups are smaller or fewer. ENGINE_OK; ENGINE_NO_MEMORY, which has no
 * message of the engine; or what the engine returns. */
MUST_CHECK engine_status noise_scale_measure(const engine_api *api, engine *e,
                                             uint32_t training_samples, gradient_noise *out);

#endif
