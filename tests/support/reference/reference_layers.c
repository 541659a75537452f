#include "reference_layers.h"

#include <string.h>

#include "lenet.h"

/* sum[i] += factor * values[i] */
static void add_scaled(double *restrict sum, const double *restrict values, double factor,
                       int count)
{
    for (int i = 0; i < count; i++) {
        sum[i] += factor * values[i];
    }
}

static double dot(const double *restrict a, const double *restrict b, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

void reference_convolve(const double *in, int side, int from, const double *kernel,
                        const double *bias, int to, double *out)
{
    const int out_side = side - LENET_KERNEL_SIDE + 1;
    for (int place = 0; place < out_side * out_side; place++) {
        const int y = place / out_side;
        const int x = place % out_side;
        double *sums = out + place * to;
        memcpy(sums, bias, (size_t)to * sizeof *sums);
        for (int tap = 0; tap < LENET_KERNEL_SIDE * LENET_KERNEL_SIDE; tap++) {
            const int row = y + tap / LENET_KERNEL_SIDE;
            const int column = x + tap % LENET_KERNEL_SIDE;
            const double *values = in + (row * side + column) * from;
            for (int c = 0; c < from; c++) {
                if (values[c] != 0) {
                    add_scaled(sums, kernel + (tap * from + c) * to, values[c], to);
                }
            }
        }
    }
}

/* Propagates one place of the output back: delta [to] is the loss's gradient there. */
static void convolve_backward_at(const double *in, int side, int from, const double *kernel, int to,
                                 int y, int x, const double *delta, double *kernel_gradient,
                                 double *in_delta)
{
    for (int tap = 0; tap < LENET_KERNEL_SIDE * LENET_KERNEL_SIDE; tap++) {
        const int row = y + tap / LENET_KERNEL_SIDE;
        const int column = x + tap % LENET_KERNEL_SIDE;
        const int at = (row * side + column) * from;
        for (int c = 0; c < from; c++) {
            const int weights = (tap * from + c) * to;
            if (in[at + c] != 0) {
                add_scaled(kernel_gradient + weights, delta, in[at + c], to);
            }
            if (in_delta != NULL) {
                in_delta[at + c] += dot(kernel + weights, delta, to);
            }
        }
    }
}

void reference_convolve_backward(const double *in, int side, int from, const double *kernel, int to,
                                 const double *delta, double *kernel_gradient,
                                 double *bias_gradient, double *in_delta)
{
    const int out_side = side - LENET_KERNEL_SIDE + 1;
    if (in_delta != NULL) {
        memset(in_delta, 0, (size_t)(side * side * from) * sizeof *in_delta);
    }
    for (int place = 0; place < out_side * out_side; place++) {
        const double *here = delta + place * to;
        int any = 0;
        for (int c = 0; c < to; c++) {
            any |= here[c] != 0;
        }
        if (any) {
            add_scaled(bias_gradient, here, 1, to);
            convolve_backward_at(in, side, from, kernel, to, place / out_side, place % out_side,
                                 here, kernel_gradient, in_delta);
        }
    }
}

void reference_dense(const double *in, int from, const double *kernel, const double *bias, int to,
                     double *out)
{
    memcpy(out, bias, (size_t)to * sizeof *out);
    for (int i = 0; i < from; i++) {
        if (in[i] != 0) {
            add_scaled(out, kernel + i * to, in[i], to);
        }
    }
}

void reference_dense_backward(const double *in, int from, const double *kernel, int to,
                              const double *delta, double *kernel_gradient, double *bias_gradient,
                              double *in_delta)
{
    add_scaled(bias_gradient, delta, 1, to);
    for (int i = 0; i < from; i++) {
        if (in[i] != 0) {
            add_scaled(kernel_gradient + i * to, delta, in[i], to);
        }
        in_delta[i] = dot(kernel + i * to, delta, to);
    }
}
