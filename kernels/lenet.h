/* The network: its shapes and the layout of its parameters.
 *
 *   input [N,28,28,1] -> Conv2D 32 3x3, ReLU -> Conv2D 64 3x3, ReLU -> MaxPooling 2x2
 *   -> Dropout 0.25 -> Flatten -> Dense 128, ReLU -> Dropout 0.5 -> Dense 10, softmax
 *
 * Valid padding, stride 1, NHWC: Flatten runs over (row, column, channel). All engines, and all
 * code that reads their tensors, use this description. Nothing here computes. */
#ifndef KERNELS_LENET_H
#define KERNELS_LENET_H

#include <stddef.h>

enum {
    LENET_IMAGE_SIDE = 28,
    LENET_IMAGE_PIXELS = LENET_IMAGE_SIDE * LENET_IMAGE_SIDE,
    LENET_CLASSES = 10,

    LENET_KERNEL_SIDE = 3,
    LENET_CONV1_CHANNELS = 32,
    LENET_CONV1_SIDE = LENET_IMAGE_SIDE - LENET_KERNEL_SIDE + 1, /* 26 */
    LENET_CONV2_CHANNELS = 64,
    LENET_CONV2_SIDE = LENET_CONV1_SIDE - LENET_KERNEL_SIDE + 1,           /* 24 */
    LENET_POOL_SIDE = LENET_CONV2_SIDE / 2,                                /* 12 */
    LENET_FLAT = LENET_POOL_SIDE * LENET_POOL_SIDE * LENET_CONV2_CHANNELS, /* 9216 */
    LENET_DENSE1 = 128,

    /* Floats per sample of the activations between layers. */
    LENET_CONV1_FLOATS = LENET_CONV1_SIDE * LENET_CONV1_SIDE * LENET_CONV1_CHANNELS, /* 21632 */
    LENET_CONV2_FLOATS = LENET_CONV2_SIDE * LENET_CONV2_SIDE * LENET_CONV2_CHANNELS, /* 36864 */
};

/* Dropout rates in 256ths, the granularity of the masks (philox.h): 0.25 and 0.5. */
enum { LENET_DROPOUT1_RATE_256 = 64, LENET_DROPOUT2_RATE_256 = 128 };

/* Adam's moments below 2^-106 become 0, which changes no weight. If the input of a weight stays 0,
 * the first moment shrinks until it is subnormal and stays so. One in four of dense1's moments
 * would end like this, and processors compute slowly with subnormal numbers, most of all Intel's.
 * The smallest normal number is 2^-126; the rest is room for the moments' products with rates. */
#define LENET_SMALLEST_MOMENT 0x1p-106f

/* The parameters are one array of floats: the tensors in this order, without gaps, each row-major
 * in Keras' shape. Every offset is a multiple of 16 floats. */
enum {
    LENET_CONV1_KERNEL_AT = 0,                                        /* [3,3,1,32] */
    LENET_CONV1_BIAS_AT = LENET_CONV1_KERNEL_AT + 9 * 1 * 32,         /* [32] */
    LENET_CONV2_KERNEL_AT = LENET_CONV1_BIAS_AT + 32,                 /* [3,3,32,64] */
    LENET_CONV2_BIAS_AT = LENET_CONV2_KERNEL_AT + 9 * 32 * 64,        /* [64] */
    LENET_DENSE1_KERNEL_AT = LENET_CONV2_BIAS_AT + 64,                /* [9216,128] */
    LENET_DENSE1_BIAS_AT = LENET_DENSE1_KERNEL_AT + LENET_FLAT * 128, /* [128] */
    LENET_DENSE2_KERNEL_AT = LENET_DENSE1_BIAS_AT + 128,              /* [128,10] */
    LENET_DENSE2_BIAS_AT = LENET_DENSE2_KERNEL_AT + 128 * 10,         /* [10] */
    LENET_PARAMETERS = LENET_DENSE2_BIAS_AT + 10,                     /* 1,199,882 */
};

enum { LENET_TENSORS = 8 };

typedef struct lenet_tensor {
    const char *name; /* "conv1/kernel" … "dense2/bias" */
    unsigned offset;  /* first float in the parameter array */
    unsigned count;   /* floats */
    unsigned rank;
    unsigned shape[4];
    unsigned fan_in;  /* for Glorot's limit sqrt(6 / (fan_in + fan_out)); 0 for a bias, whose */
    unsigned fan_out; /* initial values are 0 */
} lenet_tensor;

/* The tensors in the order of the array. */
extern const lenet_tensor lenet_tensors[LENET_TENSORS];

#endif
