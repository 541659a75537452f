#include "torch_layout.h"

const torch_tensor torch_tensors[LENET_TENSORS] = {
    {"conv1.weight", 4, {32, 1, 3, 3}},  {"conv1.bias", 1, {32}},
    {"conv2.weight", 4, {64, 32, 3, 3}}, {"conv2.bias", 1, {64}},
    {"fc1.weight", 2, {128, 9216}},      {"fc1.bias", 1, {128}},
    {"fc2.weight", 2, {10, 128}},        {"fc2.bias", 1, {10}},
};

/* Every tensor is [outputs,channels,places] here and [places,channels,outputs] there: the places
 * are those of a kernel, of the image that fc1's inputs were before Flatten, or one. */
typedef struct axes {
    unsigned outputs;
    unsigned channels;
    unsigned places;
} axes;

enum { POOLED_PLACES = LENET_POOL_SIDE * LENET_POOL_SIDE };

static const axes tensor_axes[LENET_TENSORS] = {
    {32, 1, 9},  {32, 1, 1},   {64, 32, 9}, {64, 1, 1}, {128, 64, POOLED_PLACES},
    {128, 1, 1}, {10, 128, 1}, {10, 1, 1},
};

/* Where lenet.h has the value that is at `index` of PyTorch's tensor. */
static unsigned lenet_index(const axes *of, unsigned index)
{
    const unsigned place = index % of->places;
    const unsigned channel = index / of->places % of->channels;
    const unsigned output = index / of->places / of->channels;
    return (place * of->channels + channel) * of->outputs + output;
}

void torch_layout_read(const float *parameters, unsigned index, float *out)
{
    const lenet_tensor *tensor = &lenet_tensors[index];
    for (unsigned i = 0; i < tensor->count; i++) {
        out[i] = parameters[tensor->offset + lenet_index(&tensor_axes[index], i)];
    }
}

void torch_layout_write(float *parameters, unsigned index, const float *in)
{
    const lenet_tensor *tensor = &lenet_tensors[index];
    for (unsigned i = 0; i < tensor->count; i++) {
        parameters[tensor->offset + lenet_index(&tensor_axes[index], i)] = in[i];
    }
}
