#include "lenet.h"

const lenet_tensor lenet_tensors[LENET_TENSORS] = {
    {"conv1/kernel", LENET_CONV1_KERNEL_AT, 288, 4, {3, 3, 1, 32}, 9, 288},
    {"conv1/bias", LENET_CONV1_BIAS_AT, 32, 1, {32}, 0, 0},
    {"conv2/kernel", LENET_CONV2_KERNEL_AT, 18432, 4, {3, 3, 32, 64}, 288, 576},
    {"conv2/bias", LENET_CONV2_BIAS_AT, 64, 1, {64}, 0, 0},
    {"dense1/kernel", LENET_DENSE1_KERNEL_AT, 1179648, 2, {9216, 128}, 9216, 128},
    {"dense1/bias", LENET_DENSE1_BIAS_AT, 128, 1, {128}, 0, 0},
    {"dense2/kernel", LENET_DENSE2_KERNEL_AT, 1280, 2, {128, 10}, 128, 10},
    {"dense2/bias", LENET_DENSE2_BIAS_AT, 10, 1, {10}, 0, 0},
};

_Static_assert(LENET_PARAMETERS == 1199882, "the tutorial's network has 1,199,882 parameters");
