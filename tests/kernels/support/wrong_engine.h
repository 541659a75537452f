/* The CPU engine with a fault planted, for tests of whether it is found. Who links this takes the
 * engine's calls of its kernels: -Wl,--wrap=cpu_kernels_find. The portable kernels stay right,
 * since they are what others are compared with. */
#ifndef TESTS_KERNELS_WRONG_ENGINE_H
#define TESTS_KERNELS_WRONG_ENGINE_H

#include "engine.h"

typedef enum engine_fault {
    FAULT_NONE,
    FAULT_SCALED_KERNEL,      /* conv2's output is 1.001 times what it should be */
    FAULT_LOST_BIAS_GRADIENT, /* conv2's bias never moves */
    FAULT_SIGN,               /* conv2's gradient has the other sign */
    FAULT_BETA,               /* Adam's beta 1 is 0.5, but for dense1's kernel */
    FAULT_SWAPPED_SAMPLES,    /* two images have each other's labels */
    FAULT_MASK,               /* each sample has its neighbour's dropout mask */
    FAULT_DROPOUT_SCALE,      /* what the first dropout keeps is not made larger */
    ENGINE_FAULTS
} engine_fault;

extern const char *const engine_fault_names[ENGINE_FAULTS]; /* "none", "scaled-kernel", … */

/* The fault of engines that are made from now on. */
void wrong_engine_plant(engine_fault fault);

/* The CPU engine's create, with its best kernels and the fault: for a table of the test's own. */
ENGINE_MUST_CHECK engine_status wrong_engine_create(engine **out, const engine_config *config,
                                                    const engine_data *training,
                                                    const engine_data *validation, char *message,
                                                    size_t message_bytes);

#endif
