/* The CPU engine with a planted fault, for tests that must find it. Link with
 * -Wl,--wrap=cpu_kernels_find, which replaces the engine's kernels. The portable kernels stay
 * correct, since the others are compared with them. */
#ifndef TESTS_KERNELS_WRONG_ENGINE_H
#define TESTS_KERNELS_WRONG_ENGINE_H

#include "engine.h"

typedef enum engine_fault {
    FAULT_NONE,
    FAULT_SCALED_KERNEL,      /* conv2's output is 1.001 times what it should be */
    FAULT_LOST_BIAS_GRADIENT, /* conv2's bias never moves */
    FAULT_SIGN,               /* conv2's gradient has the other sign */
    FAULT_BETA,               /* Adam's beta 1 is 0.5, except for dense1's kernel */
    FAULT_SWAPPED_SAMPLES,    /* the labels of two images are swapped */
    FAULT_MASK,               /* each sample has its neighbour's dropout mask */
    FAULT_DROPOUT_SCALE,      /* the first dropout does not scale the kept values */
    ENGINE_FAULTS
} engine_fault;

extern const char *const engine_fault_names[ENGINE_FAULTS]; /* "none", "scaled-kernel", … */

/* Sets the fault of all engines that are created from now on. */
void wrong_engine_plant(engine_fault fault);

/* The CPU engine's create, with its best kernels and the fault, for a test's own engine table. */
ENGINE_MUST_CHECK engine_status wrong_engine_create(engine **out, const engine_config *config,
                                                    const engine_data *training,
                                                    const engine_data *validation, char *message,
                                                    size_t message_bytes);

#endif
