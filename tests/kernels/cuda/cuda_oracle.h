/* What the launches of a forward and a backward pass should make of their operands, by plain loops
 * in double, the factors of the products of conv2 and dense1 rounded as a precision has them.
 *
 * Each takes from the fixture what earlier launches left in f->a, and the parameters that they
 * used: so no bound has to allow for the launches before, and what is rounded has the same bits.
 * That of a launch by itself or of an engine's whole step is the same to them. */
#ifndef CUDA_ORACLE_H
#define CUDA_ORACLE_H

#include "cuda_fixture.h"

/* Forward (cuda_oracle_conv.c, cuda_oracle_head.c). */

/* conv1's output for the launch's samples, by the kernel itself, which has a test of its own: what
 * is rounded to a lower precision must have the same bits. To be freed by cudaFree. */
float *conv1_of(const cuda_fixture *f);

/* pooled [n,9216]. */
void expected_pooled(const cuda_fixture *f, engine_precision precision, double *pooled);

/* f->a.pooled, and f->a.argmax where there is one. */
void compare_pooled(const cuda_fixture *f, engine_precision precision);

/* Partial sums of dense1 [splits][n,128], and their terms' absolute values. */
void expected_dense1_sums(const cuda_fixture *f, uint32_t splits, engine_precision precision,
                          double *sums, double *absolute);
void compare_dense1_sums(const cuda_fixture *f, uint32_t splits, engine_precision precision);

/* What cuda_head makes of the partial sums of sample i: all that is not NULL in f->a. */
void compare_head(const cuda_fixture *f, uint32_t i, uint32_t splits);

/* Backward (cuda_oracle_backward.c): what a launch should add to gradients. */

enum { HEAD_SUMS = 128 * 10 + 10 + 128 }; /* as head_slots: dense2's kernel, its bias, dense1's */

void add_head_sums(const cuda_fixture *f, double *sums);

/* The gradient of dense1's kernel [9216,128], and its terms' absolute values. */
void expected_kernel_gradient(const cuda_fixture *f, engine_precision precision, double *sum,
                              double *absolute);

/* That of pooled [n,9216], likewise. */
void expected_pooled_gradient(const cuda_fixture *f, engine_precision precision, double *sum,
                              double *absolute);
void compare_pooled_gradient(const cuda_fixture *f, engine_precision precision);

enum { CONV1_SUMS = 9 * 32 + 32, CONV2_SUMS = 9 * 32 * 64 + 64 }; /* kernel and bias */

/* The gradients of both convolutions; `absolute`: their terms' absolute values, or NULL. */
typedef struct conv_sums {
    double conv2[CONV2_SUMS];
    double conv1[CONV1_SUMS];
} conv_sums;

void expected_conv_sums(const cuda_fixture *f, engine_precision precision, conv_sums *sums,
                        conv_sums *absolute);

/* The bound of a sum of them over n samples. */
double conv_sum_bound(uint32_t n, double absolute);

#endif
