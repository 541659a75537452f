/* The layers of the reference, one sample at a time. Sizes are in elements; arrays are row-major
 * with channels last. The backward functions add to the gradients they are given, so that
 * samples sum up. A term whose factor is exactly 0 is left out: it adds nothing, and after ReLU,
 * pooling and dropout most are. */
#ifndef REFERENCE_LAYERS_H
#define REFERENCE_LAYERS_H

/* Valid 3x3 convolution, stride 1: in [side,side,from], kernel [3,3,from,to], bias [to],
 * out [side-2,side-2,to]. */
void reference_convolve(const double *in, int side, int from, const double *kernel,
                        const double *bias, int to, double *out);

/* delta [side-2,side-2,to] is the loss's gradient with respect to `out`. in_delta [side,side,from]
 * is overwritten with the gradient with respect to `in`, unless it is NULL. */
void reference_convolve_backward(const double *in, int side, int from, const double *kernel, int to,
                                 const double *delta, double *kernel_gradient,
                                 double *bias_gradient, double *in_delta);

/* out [to] = in [from] * kernel [from,to] + bias [to]. */
void reference_dense(const double *in, int from, const double *kernel, const double *bias, int to,
                     double *out);

/* As reference_convolve_backward: in_delta [from] is overwritten. */
void reference_dense_backward(const double *in, int from, const double *kernel, int to,
                              const double *delta, double *kernel_gradient, double *bias_gradient,
                              double *in_delta);

#endif
