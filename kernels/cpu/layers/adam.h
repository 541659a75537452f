/* Adam's update on vectors, operation by operation as Keras does it:
 *
 *   m += (g - m)(1 - beta_1); v += (g g - v)(1 - beta_2); p -= alpha m / (sqrt(v) + epsilon)
 *
 * Moments below LENET_SMALLEST_MOMENT become 0. */
#ifndef KERNELS_CPU_ADAM_H
#define KERNELS_CPU_ADAM_H

#include <stddef.h>

#include "cpu_kernels.h"
#include "vec.h"

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
        vec_store(m + i, vec_flush_below(new_m, LENET_SMALLEST_MOMENT));
        vec_store(v + i, vec_flush_below(new_v, LENET_SMALLEST_MOMENT));
        vec_store(p + i, vec_load(p + i) - new_m * adam->alpha / (vec_sqrt(new_v) + adam->epsilon));
    }
}

#endif
