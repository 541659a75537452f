/* What has to be done once per device before any kernel runs. */
#include "lenet_device.cuh"

extern "C" cudaError_t cuda_kernels_prepare(void)
{
    cudaError_t (*const families[])() = {prepare_conv_forward,    prepare_dense1_forward,
                                         prepare_dense1_backward, prepare_conv2_weights,
                                         prepare_conv1_weights,   prepare_head,
                                         prepare_update,          prepare_order_keys,
                                         prepare_histogram,       prepare_conv1_output};
    for (cudaError_t (*prepare)() : families) {
        const cudaError_t error = prepare();
        if (error != cudaSuccess) {
            return error;
        }
    }
    return cudaSuccess;
}
