/* The parameters in PyTorch's names and layouts, which ONNX shares: images as [N,1,28,28], kernels
 * as [out,in,3,3], dense weights as [out,in], and Flatten over (channel, row, column). */
#ifndef TRAINER_TORCH_LAYOUT_H
#define TRAINER_TORCH_LAYOUT_H

#include "lenet.h"

/* The tensors in the order of lenet_tensors; each has as many floats as the one there. */
typedef struct torch_tensor {
    const char *name; /* "conv1.weight" … "fc2.bias" */
    unsigned rank;
    unsigned shape[4];
} torch_tensor;

extern const torch_tensor torch_tensors[LENET_TENSORS];

/* Copies tensor `index` of parameters[LENET_PARAMETERS] to `out`, and `in` to its place there. */
void torch_layout_read(const float *parameters, unsigned index, float *out);
void torch_layout_write(float *parameters, unsigned index, const float *in);

#endif
