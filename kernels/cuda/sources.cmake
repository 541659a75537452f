# What the CUDA engine is made of, beside cuda_sort.cu and the plain C that a build without CUDA has
# too: for nvcc, and for the tests, which compile the same sources for the host.
set(CUDA_ENGINE_SOURCES
    cuda_blas.c cuda_device.c cuda_engine.c cuda_poll.c cuda_step.c cuda_take.c cuda_tensors.c
    cuda_transfer.c)
set(CUDA_KERNEL_SOURCES
    conv1_output.cu conv1_weights.cu conv2_weights.cu conv_forward.cu cuda_prepare.cu cuda_update.cu
    dense1_backward.cu dense1_forward.cu head.cu histogram.cu order_keys.cu)
list(TRANSFORM CUDA_ENGINE_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
list(TRANSFORM CUDA_KERNEL_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
