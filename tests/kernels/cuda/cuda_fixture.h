/* Shared by the tests of the CUDA kernels: the device memory of one micro-batch, random contents,
 * operands rounded as the tensor cores round them, and comparisons.
 *
 * The kernels run on the harness of tests/support/cuda_host, whose device memory is the host's:
 * tests read and write it directly. Every array has exactly the size that cuda_kernels.h gives it,
 * so AddressSanitizer finds accesses beyond it. It is filled with NaN, so comparisons find
 * unwritten values. */
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
    uint32_t n;      /* samples of the launch */
    uint32_t begin;  /* the first one's place in the step's batch */
    uint32_t total;  /* samples of the step */
} cuda_fixture;

/* Draws the initial values of all fixtures once. Call it in main, before Check forks a process for
 * each test. */
void cuda_fixture_begin(void);

/* Everything for a training launch, dropout on. The weights are the seed's initial ones, the biases
 * random. Fails the test if memory is lacking. */
cuda_fixture *cuda_fixture_create(const cuda_case *c);
void cuda_fixture_destroy(cuda_fixture *f);

/* The index in the data of sample i of the launch. */
uint32_t fixture_sample(const cuda_fixture *f, uint32_t i);

/* Uniform in [-scale, scale); `stream` and the element's index are the generator's counter. */
void fill_random(float *values, size_t count, uint64_t stream, float scale);

/* Fills pooled [capacity,9216] at random, a third of it 0, and the argmaxes, to fit it or
 * independent of it. */
void fill_pooled(cuda_fixture *f);
void fill_argmaxes(cuda_fixture *f);

/* A factor of a product, rounded to the precision. */
double rounded(float value, engine_precision precision);
void round_all(double *to, const float *from, size_t count, engine_precision precision);

/* Like ck_assert, for loops over elements: Check writes to a file at each ck_assert. */
void expect(bool true_of_it, const char *what, size_t at);

/* Expects that value is finite and |value - expected| <= bound. The message has the name and the
 * element. */
void expect_near(const char *what, size_t at, double value, double expected, double bound);

/* The bound of a sum of `terms` products, given the sum of their absolute values. The roundings are
 * a random walk: sqrt(terms) times at most 2^-24 of a partial sum (2^-23 on tensor cores, which may
 * truncate), which is at most `absolute`. The bound is twice that. */
double sum_bound(double terms, double absolute);

/* Sets the order of threads of a loop test: 0 ascending, 1 descending, else shuffled. */
void set_thread_order(int order);

#endif
