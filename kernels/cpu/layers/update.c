/* Adam's update and the sums in fixed order. Memory bounds both. */
#include "adam.h"
#include "layers.h"

void CPU_NAME(adam)(const cpu_adam *adam, float *p, float *m, float *v, const float *gradient,
                    size_t count)
{
    const adam_vectors vectors = adam_broadcast(adam);
    adam_update(&vectors, p, m, v, gradient, count);
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
