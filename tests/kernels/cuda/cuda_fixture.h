/* What the tests of the CUDA kernels share: the device memory of one micro-batch, random contents,
 * operands rounded as the tensor cores round them, and comparisons.
 *
 * The kernels run on the harness of tests/support/cuda_host, whose device memory is the host's:
 * tests read and write it directly. Every array has exactly the size that cuda_kernels.h gives
 * it, so that AddressSanitizer finds a step too far, and is NaN at first, so that a comparison
 * finds what was not written. */
#ifndef CUDA_FIXTURE_H
#define CUDA_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuda_kernels.h"

/* One launch: micro-batch `micro_index` of step `step` (from 0) over `count` samples. */
typedef struct cuda_case {
    uint32_t count;
    uint32_t batch_size;
    uint32_t capacity;
    uint32_t micro_index;
    uint64_t step;
} cuda_case;

enum { STEP_CASES = 5 };
extern const cuda_case step_cases[STEP_CASES]; /* for tests that need none of their own */

typedef struct cuda_fixture {
    cuda_batch batch;
    cuda_activations a;
    cuda_parameters p;
    cuda_progress *progress;
    cuda_adam_settings adam;
    uint8_t *images;
    uint8_t *labels;
    uint32_t *order; /* of the epoch of `step`, drawn by random.h */
    uint32_t n;      /* samples of the launch, */
    uint32_t begin;  /* the place of the first in the step's batch, */
    uint32_t total;  /* samples of the step: worked out here again, plainly */
} cuda_fixture;

/* Draws once what all fixtures start from: for main, before Check makes a process for each test. */
void cuda_fixture_begin(void);

/* Everything for a training launch, dropout on; weights are the seed's initial ones, biases
 * random. Fails the test without memory. */
cuda_fixture *cuda_fixture_create(const cuda_case *c);
void cuda_fixture_destroy(cuda_fixture *f);

/* The number in the data of sample i of the launch. */
uint32_t fixture_sample(const cuda_fixture *f, uint32_t i);

/* Uniform in [-scale, scale), by a counter that `stream` and the element are. */
void fill_random(float *values, size_t count, uint64_t stream, float scale);

/* pooled [capacity,9216] random, a third of it 0; argmax to fit or independent of it. */
void fill_pooled(cuda_fixture *f);
void fill_argmaxes(cuda_fixture *f);

/* A factor of a product, as the precision has it. */
double rounded(float value, engine_precision precision);
void round_all(double *to, const float *from, size_t count, engine_precision precision);

/* ck_assert, but for loops over elements: Check writes a file at each of its own. */
void expect(bool true_of_it, const char *what, size_t at);

/* Expects that value is finite and |value - expected| <= bound; says which and where. */
void expect_near(const char *what, size_t at, double value, double expected, double bound);

/* The bound of a sum of `terms` products, given the sum of their absolute values: the roundings
 * walk at random, sqrt(terms) of them, each at most 2^-24 (on tensor cores, which may cut off,
 * 2^-23) of a partial sum, which is at most `absolute`. Twice that. */
double sum_bound(double terms, double absolute);

/* The order of threads of a loop test: 0 ascending, 1 descending, else a shuffle. */
void set_thread_order(int order);

#endif
