/* Conv2D 32 3x3 over one channel, with ReLU. Both passes keep one vector of channels in registers
 * and loop over the positions. Bound: the loads and the nine products per position. */
#include "layers.h"

enum { SIDE = LENET_CONV1_SIDE, CHANNELS = LENET_CONV1_CHANNELS, TAPS = 9 };

VEC_INLINE const float *pixel(const float *image, int y, int x, int tap)
{
    return image + (y + tap / 3) * LENET_IMAGE_SIDE + x + tap % 3;
}

void CPU_NAME(conv1_forward)(const float *image, const float *kernel, const float *bias, float *out)
{
    for (int c = 0; c < CHANNELS; c += VEC) {
        vec weight[TAPS];
        VEC_UNROLL
        for (int tap = 0; tap < TAPS; tap++) {
            weight[tap] = vec_load(kernel + tap * CHANNELS + c);
        }
        const vec start = vec_load(bias + c);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                vec sum = start;
                VEC_UNROLL
                for (int tap = 0; tap < TAPS; tap++) {
                    sum = vec_fma(vec_all(*pixel(image, y, x, tap)), weight[tap], sum);
                }
                vec_store(out + (y * SIDE + x) * CHANNELS + c, vec_relu(sum));
            }
        }
    }
}

/* kernel[tap][c] += image[y + tap / 3][x + tap % 3] g[y][x][c], bias[c] += g[y][x][c], where g is
 * the gradient if the activation is positive, else 0. */
void CPU_NAME(conv1_backward)(const float *image, const float *conv1, const float *conv1_gradient,
                              cpu_conv_gradients *sums)
{
    for (int c = 0; c < CHANNELS; c += VEC) {
        vec kernel[TAPS];
        VEC_UNROLL
        for (int tap = 0; tap < TAPS; tap++) {
            kernel[tap] = vec_load(&sums->conv1_kernel[tap][c]);
        }
        vec bias = vec_load(&sums->conv1_bias[c]);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                const int at = (y * SIDE + x) * CHANNELS + c;
                const vec gradient =
                    vec_where(vec_load(conv1 + at) > vec_all(0), vec_load(conv1_gradient + at));
                VEC_UNROLL
                for (int tap = 0; tap < TAPS; tap++) {
                    const vec left = vec_all(*pixel(image, y, x, tap));
                    kernel[tap] = vec_fma(left, gradient, kernel[tap]);
                }
                bias += gradient;
            }
        }
        VEC_UNROLL
        for (int tap = 0; tap < TAPS; tap++) {
            vec_store(&sums->conv1_kernel[tap][c], kernel[tap]);
        }
        vec_store(&sums->conv1_bias[c], bias);
    }
}
