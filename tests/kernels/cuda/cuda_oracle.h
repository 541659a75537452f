/* The expected results of the launches of a forward and a backward pass, by plain loops in double.
 * The factors of the products of conv2 and dense1 are rounded to a precision.
 *
 * Each function takes from the fixture the results of earlier launches in f->a and the parameters
 * that they used. So no bound has to allow for earlier launches, and rounded values have the same
 * bits. The functions work for a single launch and for an engine's whole step. */
#ifndef CUDA_ORACLE_H
#define CUDA_ORACLE_H

#include "cuda_fixture.h"

/* Forward (cuda_oracle_conv.c, cuda_oracle_head.c). */

/* conv1's output for the launch's samples, computed by the kernel itself, since values that are
 * then rounded must have the same bits. The kernel has its own test. Free it with cudaFree. */
float *conv1_of(const cuda_fixture *f);

/* pooled [n,9216]. */
void expected_pooled(const cuda_fixture *f, engine_precision precision, double *pooled);

/* Compares f->a.pooled and, if it is not NULL, f->a.argmax. */
void compare_pooled(const cuda_fixture *f, engine_precision precision);

/* Partial sums of dense1 [splits][n,128], and the sums of their terms' absolute values. */
void expected_dense1_sums(const cuda_fixture *f, uint32_t splits, engine_precision precision,
                          double *sums, double *absolute);
void compare_dense1_sums(const cuda_fixture *f, uint32_t splits, engine_precision precision);

/* Compares the results of cuda_head for sample i with those of its partial sums: all arrays in f->a
 * that are not NULL. */
void compare_head(const cuda_fixture *f, uint32_t i, uint32_t splits);

/* Backward (cuda_oracle_backward.c): the sums that a launch should add to gradients. */

enum { HEAD_SUMS = 128 * 10 + 10 + 128 }; /* as head_slots: dense2's kernel, its bias, dense1's */

void add_head_sums(const cuda_fixture *f, double *sums);

/* The gradient of dense1's kernel [9216,128], and the sums of its terms' absolute values. */
void expected_kernel_gradient(const cuda_fixture *f, engine_precision precision, double *sum,
                              double *absolute);

/* The gradient of pooled [n,9216], likewise. */
void expected_pooled_gradient(const cuda_fixture *f, engine_precision precision, double *sum,
                              double *absolute);
void compare_pooled_gradient(const cuda_fixture *f, engine_precision precision);

enum { CONV1_SUMS = 9 * 32 + 32, CONV2_SUMS = 9 * 32 * 64 + 64 }; /* kernel and bias */

/* The gradients of both convolutions; `absolute`: the sums of their terms' absolute values, or
 * NULL. */
typedef struct conv_sums {
    double conv2[CONV2_SUMS];
    double conv1[CONV1_SUMS];
} conv_sums;

void expected_conv_sums(const cuda_fixture *f, engine_precision precision, conv_sums *sums,
                        conv_sums *absolute);

/* The bound of such a gradient over n samples. */
double conv_sum_bound(uint32_t n, double absolute);

#endif
