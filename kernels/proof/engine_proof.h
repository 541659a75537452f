/* Checks that an engine computes correctly on this machine, by comparing it with the CPU engine's
 * portable kernels. Both train the same few steps on made-up digits. Compared are
 *
 *   - the initial weights, whose bits must be the same;
 *   - after the first step all activations and gradients, within the bounds of rounding_bounds.h;
 *   - weights and Adam's moments after the first step, with Adam's update by the engine's own
 *     gradients, because Adam turns the rounding error of a gradient near 0 into a whole step;
 *   - the losses of all steps, and of an evaluation after them;
 *   - what is counted: steps, samples, and those that are correct.
 *
 * Not compared are micro-batches, batches of other sizes (from 1024 samples on cuBLAS computes a
 * part), predictions, the gradient alone, histograms, and an imported state.
 *
 * It prints nothing. A device may hang or end the process, so a caller that must survive proves in
 * a child process. */
#ifndef KERNELS_ENGINE_PROOF_H
#define KERNELS_ENGINE_PROOF_H

#include "engine.h"

/* What is trained: the first step in a call of its own, all others in one call. */
typedef struct engine_proof_size {
    uint32_t training_count;
    uint32_t validation_count;
    uint32_t batch_size;
    uint32_t steps;
} engine_proof_size;

/* An epoch of 21 steps with a short last batch, and three steps of the next. After the first step
 * the epoch has more steps than the CUDA engine's longer graph, so both of its graphs run. */
extern const engine_proof_size engine_proof_usual_size;

/* With these seeds, of the run and of synthetic_digits.h, no decision of the first step depends on
 * rounding in single precision: no ReLU's input is so near to 0, and no two values of a pooling
 * window are so near to each other. So gradients stay within their bounds. */
enum { ENGINE_PROOF_SEED = 38, ENGINE_PROOF_DATA_SEED = 3 };

enum { PROOF_NAME_BYTES = 48 };

typedef struct proof_comparison {
    char what[PROOF_NAME_BYTES]; /* "gradient/conv2/kernel" */
    double difference;           /* infinite if a value is not finite */
    double allowed;
} proof_comparison;

/* Is the difference allowed? */
bool proof_comparison_holds(const proof_comparison *comparison);

/* Gets every comparison as soon as it is made. */
typedef struct proof_listener {
    void (*hear)(void *context, const proof_comparison *comparison);
    void *context;
} proof_listener;

/* Compares the engine with these settings, of which precision, device, isa and threads count.
 * ENGINE_OK if all comparisons were made, whether they hold or not. Otherwise `message`
 * [message_bytes] has one line with the cause: ENGINE_FAILED if the device failed, else a status of
 * engine_api's create, also if the host's memory does not suffice. */
ENGINE_MUST_CHECK engine_status engine_proof_make(const engine_api *api,
                                                  const engine_config *settings,
                                                  const engine_proof_size *size,
                                                  const proof_listener *listener, char *message,
                                                  size_t message_bytes);

#endif
