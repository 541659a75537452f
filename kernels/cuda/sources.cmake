# What the CUDA engine is made of, beside cuda_sort.cu and the plain C that a build without CUDA has
# too: for nvcc, and for the tests, which compile the same sources for the host. CUDA_FOLDERS have
# their headers: engine/ is the host's side, which launches through common/cuda_kernels.h and sees no
# kernel; layers/ are the kernels of a step; between_steps/ those of an epoch's order and of tensors
# and histograms that somebody asks for; common/ is what all kernels are written with.
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
# What nvcc is told of every kernel, also by the tests that execute what it writes. No contraction, as
# on the host: products that may be fused say so.
set(CUDA_NVCC_OPTIONS -fmad=false)
