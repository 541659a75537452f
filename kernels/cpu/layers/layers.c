#include "layers.h"

const cpu_kernels CPU_NAME(cpu_kernels) = {
    .isa = CPU_ISA_NAME,
    .bf16 = CPU_HAS_BF16,
    .conv1_forward = CPU_FP32(conv1_forward),
    .conv2_prepare = CPU_NAME(conv2_prepare),
    .conv2_forward = CPU_NAME(conv2_forward),
    .dropout1 = CPU_FP32(dropout1),
    .dense1_forward = CPU_FP32(dense1_forward),
    .dense1_kernel_gradient = CPU_FP32(dense1_kernel_gradient),
    .dense1_backward = CPU_FP32(dense1_backward),
    .conv2_backward = CPU_FP32(conv2_backward),
    .conv1_backward = CPU_FP32(conv1_backward),
    .adam = CPU_FP32(adam),
    .sum = CPU_FP32(sum),
};
