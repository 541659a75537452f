/* Adam's update on vectors, operation by operation as Keras does it:
 *
 *   m += (g - m)(1 - beta_1); v += (g g - v)(1 - beta_2); p -= alpha m / (sqrt(v) + epsilon)
 *
 * A moment below 2^-106 becomes 0, which changes no weight. If the input of a weight stays 0, m
 * shrinks until it is subnormal and stays so. One in four of dense1's moments would end like this,
 * and processors compute slowly with subnormal numbers, most of all Intel's. The smallest normal
 * number is 2^-126; the rest is room for the moments' products with rates and alpha. */
#ifndef KERNELS_CPU_ADAM_H
#define KERNELS_CPU_ADAM_H

#include <stddef.h>

#include "cpu_kernels.h"
#include "vec.h"

enum { ADAM_SMALLEST_EXPONENT = -106 };

typedef struct adam_vectors {
    vec alpha;
    vec rate_m;
    vec rate_v;
    vec epsilon;
} adam_vectors;

VEC_INLINE adam_vectors adam_broadcast(const cpu_adam *adam)
{
    return (adam_vectors){
        .alpha = vec_all(adam->alpha),
        .rate_m = vec_all(adam->one_minus_beta_1),
        .rate_v = vec_all(adam->one_minus_beta_2),
        .epsilon = vec_all(adam->epsilon),
    };
}

/* `count` parameters, rounded up to VEC. */
VEC_INLINE void adam_update(const adam_vectors *adam, float *p, float *m, float *v,
                            const float *gradient, size_t count)
{
    for (size_t i = 0; i < count; i += VEC) {
        const vec g = vec_load(gradient + i);
        const vec old_m = vec_load(m + i);
        const vec old_v = vec_load(v + i);
        const vec new_m = old_m + (g - old_m) * adam->rate_m;
        const vec new_v = old_v + (g * g - old_v) * adam->rate_v;
        vec_store(m + i, vec_flush_below(new_m, ADAM_SMALLEST_EXPONENT));
        vec_store(v + i, vec_flush_below(new_v, ADAM_SMALLEST_EXPONENT));
        vec_store(p + i, vec_load(p + i) - new_m * adam->alpha / (vec_sqrt(new_v) + adam->epsilon));
    }
}

#endif
