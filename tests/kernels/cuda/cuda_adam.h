/* The update of parameters that the tests of the CUDA kernels expect. */
#ifndef CUDA_ADAM_H
#define CUDA_ADAM_H

#include "cuda_fixture.h"

/* A copy, which the caller frees. */
void *copy_of(const void *from, size_t bytes);

/* Slots [0, used) of `count` floats, summed in double. */
void sum_slots(double *sums, const float *slots, size_t used, size_t count);

/* A copy of a state's values and moments, which cpu_update updates as the CPU engine does. */
typedef struct adam_state {
    float *values;
    float *m;
    float *v;
} adam_state;

adam_state copy_state(const cuda_fixture *f);
void free_state(adam_state *s);

/* Adam's alpha for update t, from 1. */
float cpu_alpha(const cuda_adam_settings *adam, uint64_t t);

/* Makes update t of parameters [at, at + count). */
void cpu_update(adam_state *s, const cuda_fixture *f, uint64_t t, const float *gradients, size_t at,
                size_t count);

/* Compares bit by bit. */
void expect_same_state(const cuda_fixture *f, const adam_state *s);

#endif
