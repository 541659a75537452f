#include "cuda_adam.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cpu_kernels.h"

void *copy_of(const void *from, size_t bytes)
{
    void *copy = malloc(bytes + 1); /* not NULL for 0 bytes either */
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, from, bytes);
    return copy;
}

void sum_slots(double *sums, const float *slots, size_t used, size_t count)
{
    memset(sums, 0, count * sizeof *sums);
    for (size_t slot = 0; slot < used; slot++) {
        for (size_t e = 0; e < count; e++) {
            sums[e] += (double)slots[slot * count + e];
        }
    }
}

adam_state copy_state(const cuda_fixture *f)
{
    const size_t bytes = LENET_PARAMETERS * sizeof(float);
    return (adam_state){copy_of(f->p.values, bytes), copy_of(f->p.moment_m, bytes),
                        copy_of(f->p.moment_v, bytes)};
}

void free_state(adam_state *s)
{
    free(s->values);
    free(s->m);
    free(s->v);
}

float cpu_alpha(const cuda_adam_settings *adam, uint64_t t)
{
    const double correction_1 = 1 - pow(adam->beta_1, (double)t);
    const double correction_2 = 1 - pow(adam->beta_2, (double)t);
    return (float)(adam->learning_rate * sqrt(correction_2) / correction_1);
}

/* Updates one parameter at a time, as a vector of its copies. */
void cpu_update(adam_state *s, const cuda_fixture *f, uint64_t t, const float *gradients, size_t at,
                size_t count)
{
    enum { WIDTH = 64 };
    const cpu_adam adam = {
        .alpha = cpu_alpha(&f->adam, t),
        .one_minus_beta_1 = (float)(1 - f->adam.beta_1),
        .one_minus_beta_2 = (float)(1 - f->adam.beta_2),
        .epsilon = (float)f->adam.epsilon,
    };
    for (size_t i = at; i < at + count; i += WIDTH) {
        const size_t here = at + count - i < WIDTH ? at + count - i : WIDTH;
        _Alignas(64) float part[4][WIDTH] = {{0}};
        memcpy(part[0], s->values + i, here * sizeof(float));
        memcpy(part[1], s->m + i, here * sizeof(float));
        memcpy(part[2], s->v + i, here * sizeof(float));
        memcpy(part[3], gradients + i, here * sizeof(float));
        cpu_kernels_find("portable")->adam(&adam, part[0], part[1], part[2], part[3], WIDTH);
        memcpy(s->values + i, part[0], here * sizeof(float));
        memcpy(s->m + i, part[1], here * sizeof(float));
        memcpy(s->v + i, part[2], here * sizeof(float));
    }
}

void expect_same_state(const cuda_fixture *f, const adam_state *s)
{
    for (size_t i = 0; i < LENET_PARAMETERS; i++) {
        expect(memcmp(&f->p.values[i], &s->values[i], sizeof(float)) == 0, "parameter", i);
        expect(memcmp(&f->p.moment_m[i], &s->m[i], sizeof(float)) == 0, "moment m", i);
        expect(memcmp(&f->p.moment_v[i], &s->v[i], sizeof(float)) == 0, "moment v", i);
    }
}
