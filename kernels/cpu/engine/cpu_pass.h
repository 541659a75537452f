/* One pass over the samples of a micro-batch (forward and backward) or of an evaluation (only
 * forward), in a few phases of parallel tasks on the engine's threads. */
#ifndef KERNELS_CPU_PASS_H
#define KERNELS_CPU_PASS_H

#include "cpu_state.h"

/* What its tasks share. */
typedef struct cpu_pass {
    engine *e;
    cpu_activations *a;
    uint32_t n; /* samples, which `a` points at */
    bool labelled;
    bool backward; /* computes gradients, too; not in an evaluation */
    bool training; /* a step: with dropout, and with the update by the gradients */

    /* Of a backward pass. */
    uint32_t first; /* where the micro-batch begins */
    uint32_t total; /* samples of all micro-batches */
    uint32_t groups;
    cpu_adam adam; /* of a step */
} cpu_pass;

/* From the images to logits, and to the losses and their gradients if the pass is labelled and
 * backward. conv2 has been prepared with the parameters. */
void cpu_pass_forward(cpu_pass *pass);

/* Adds the samples' gradients to those of the micro-batches before it; in the last one of a step it
 * also updates dense1's kernel. */
void cpu_pass_backward(cpu_pass *pass);

/* After the last micro-batch of a gradient alone: sums the groups' gradients. */
void cpu_pass_sum(cpu_pass *pass);

/* After the last micro-batch of a step: the same, then the update of all other parameters. */
void cpu_pass_update(cpu_pass *pass);

#endif
