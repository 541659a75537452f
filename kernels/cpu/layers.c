#include "layers.h"

const cpu_kernels CPU_NAME(cpu_kernels) = {
    .isa = CPU_ISA_NAME,
    .bf16 = CPU_HAS_BF16,
    .conv1_forward = CPU_NAME(conv1_forward),
    .conv2_prepare = CPU_NAME(conv2_prepare),
    .conv2_forward = CPU_NAME(conv2_forward),
    .dropout1 = CPU_NAME(dropout1),
    .dense1_forward = CPU_NAME(dense1_forward),
    .dense1_kernel_gradient = CPU_NAME(dense1_kernel_gradient),
    .dense1_backward = CPU_NAME(dense1_backward),
    .conv2_backward = CPU_NAME(conv2_backward),
    .conv1_backward = CPU_NAME(conv1_backward),
    .adam = CPU_NAME(adam),
    .sum = CPU_NAME(sum),
};
