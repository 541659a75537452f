/* Adam's update and the sums in fixed order. Memory bounds both. */
#include "layers.h"

/* m += (g - m)(1 - beta_1); v += (g g - v)(1 - beta_2); p -= alpha m / (sqrt(v) + epsilon),
 * operation by operation as Keras' Adam does it. */
void CPU_NAME(adam)(const cpu_adam *adam, float *p, float *m, float *v, const float *gradient,
                    size_t count)
{
    const vec alpha = vec_all(adam->alpha);
    const vec rate_m = vec_all(adam->one_minus_beta_1);
    const vec rate_v = vec_all(adam->one_minus_beta_2);
    const vec epsilon = vec_all(adam->epsilon);
    for (size_t i = 0; i < count; i += VEC) {
        const vec g = vec_load(gradient + i);
        const vec old_m = vec_load(m + i);
        const vec old_v = vec_load(v + i);
        const vec new_m = old_m + (g - old_m) * rate_m;
        const vec new_v = old_v + (g * g - old_v) * rate_v;
        vec_store(m + i, new_m);
        vec_store(v + i, new_v);
        vec_store(p + i, vec_load(p + i) - new_m * alpha / (vec_sqrt(new_v) + epsilon));
    }
}

void CPU_NAME(sum)(float *to, const float *start, const float *from, size_t stride, size_t terms,
                   size_t count)
{
    for (size_t i = 0; i < count; i += VEC) {
        vec sum = start == NULL ? vec_all(0) : vec_load(start + i);
        for (size_t term = 0; term < terms; term++) {
            sum += vec_load(from + term * stride + i);
        }
        vec_store(to + i, sum);
    }
}
