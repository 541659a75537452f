# The sources of the CUDA engine, for nvcc and for the tests, which compile the same files for the
# host. Not in these lists: cuda_sort.cu, and the plain C that builds without CUDA have too.
# CUDA_FOLDERS have the headers. engine/ is the host's side; it launches through
# common/cuda_kernels.h and sees no kernel. layers/ has the kernels of a step, between_steps/ those
# of an epoch's order and of tensors and histograms on request, and common/ what all kernels use.
set(CUDA_FOLDERS ${CMAKE_CURRENT_LIST_DIR}/engine ${CMAKE_CURRENT_LIST_DIR}/layers
    ${CMAKE_CURRENT_LIST_DIR}/between_steps ${CMAKE_CURRENT_LIST_DIR}/common)
set(CUDA_ENGINE_SOURCES
    cuda_blas.c cuda_device.c cuda_engine.c cuda_poll.c cuda_ring.c cuda_step.c cuda_take.c
    cuda_run_state.c cuda_tensors.c cuda_transfer.c)
list(TRANSFORM CUDA_ENGINE_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/engine/)
set(CUDA_KERNEL_SOURCES
    between_steps/conv1_output.cu between_steps/histogram.cu between_steps/order_keys.cu
    layers/conv1_weights.cu layers/conv2_weights.cu layers/conv_forward.cu layers/cuda_prepare.cu
    layers/cuda_update.cu layers/dense1_backward.cu layers/dense1_forward.cu layers/head.cu)
list(TRANSFORM CUDA_KERNEL_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
# nvcc's options for every kernel, also in the tests that execute its PTX. No contraction, as on the
# host: kernels call fmaf where a product is to be fused.
set(CUDA_NVCC_OPTIONS -fmad=false)
