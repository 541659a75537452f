/* Shared by the network's kernels: the samples of a launch, conv1 computed from an image's bytes,
 * dropout's masks, and Adam's arithmetic.
 *
 * A band is two rows of pooled places (24 windows) of one sample: 4 rows of conv2's output, 6 of
 * conv1's, 8 of the image. The convolutions' kernels go over bands, 6 a sample. */
#ifndef KERNELS_CUDA_LENET_DEVICE_CUH
#define KERNELS_CUDA_LENET_DEVICE_CUH

#include <initializer_list>

#include "cuda_kernels.h"
#include "device.cuh"
#include "philox.h"

enum {
    LANES = 32,
    CONV_THREADS = 384, /* a block of a convolution's kernel: 12 warps */
    CONV_WARPS = CONV_THREADS / LANES,
    WINDOW_QUADS = LENET_CONV2_CHANNELS / 4, /* a thread has one window and four channels */
    CONV2_ROWS = 9 * LENET_CONV1_CHANNELS,   /* of conv2's kernel as a matrix [288,64] */
    CONV2_PARAMETERS = CONV2_ROWS * LENET_CONV2_CHANNELS + LENET_CONV2_CHANNELS,
    CONV1_PARAMETERS = 9 * LENET_CONV1_CHANNELS + LENET_CONV1_CHANNELS,
    HEAD_PARAMETERS = LENET_DENSE1 * LENET_CLASSES + LENET_CLASSES + LENET_DENSE1,
    ROUTE_CLOSED = 4,
};

/* Dropout multiplies the values that it keeps by 4/3 and 2. */
#define DROPOUT1_SCALE (256.0f / (256 - LENET_DROPOUT1_RATE_256))
#define DROPOUT2_SCALE (256.0f / (256 - LENET_DROPOUT2_RATE_256))

/* The samples of a launch. */
struct batch_range {
    uint32_t n;     /* of this launch */
    uint32_t begin; /* place of the first in the step's batch, for its dropout masks */
    uint32_t first; /* place of the first in the epoch's order */
    uint32_t total; /* of the whole step */
    uint64_t step;
};

__device__ __forceinline__ batch_range batch_range_of(const cuda_batch &batch)
{
    if (batch.progress == nullptr) {
        return batch_range{batch.n, 0, batch.first, batch.n, 0};
    }
    const uint64_t step = batch.progress->step;
    const uint32_t batches = batch.count / batch.batch_size + (batch.count % batch.batch_size != 0);
    /* A division of 64 bits takes a hundred instructions. */
    const uint32_t in_epoch = step >> 32 == 0 ? static_cast<uint32_t>(step) % batches
                                              : static_cast<uint32_t>(step % batches);
    const uint32_t first = in_epoch * batch.batch_size;
    const uint32_t total = min(batch.batch_size, batch.count - first);
    const uint32_t begin = batch.micro_index * batch.capacity;
    const uint32_t n = begin < total ? min(total - begin, batch.capacity) : 0;
    return batch_range{n, begin, first + begin, total, step};
}

/* The largest number of samples that a launch may have, for its grid. */
inline uint32_t batch_most(const cuda_batch *batch)
{
    if (batch->progress == nullptr) {
        return batch->n;
    }
    const uint32_t begin = batch->micro_index * batch->capacity;
    const uint32_t rest = begin < batch->batch_size ? batch->batch_size - begin : 0;
    return rest < batch->capacity ? rest : batch->capacity;
}

/* The index of the launch's sample i in the data set. */
__device__ __forceinline__ uint32_t sample_at(const cuda_batch &batch, const batch_range &range,
                                              uint32_t i)
{
    return batch.order == nullptr ? range.first + i : batch.order[range.first + i];
}

/* Rows [row, row + ROWS) of an image as floats, byte / 255 in one rounding, by threads 0 ..
 * 7 ROWS - 1 of those that call: `thread` is the caller's number among them. */
template <int ROWS>
__device__ __forceinline__ void stage_image(shared_span<float> image, const uint8_t *images,
                                            uint32_t sample, int row, int thread)
{
    if (thread < ROWS * (LENET_IMAGE_SIDE / 4)) {
        const uint8_t *bytes = images + static_cast<size_t>(sample) * LENET_IMAGE_PIXELS +
                               row * LENET_IMAGE_SIDE + thread * 4;
        const uint32_t word = *reinterpret_cast<const uint32_t *>(bytes);
        const float4 values = {
            static_cast<float>(word & 255) / 255.0f, static_cast<float>(word >> 8 & 255) / 255.0f,
            static_cast<float>(word >> 16 & 255) / 255.0f, static_cast<float>(word >> 24) / 255.0f};
        store4(image, thread * 4, values);
    }
}

/* conv1's weights of one channel. */
struct conv1_filter {
    float tap[9];
    float bias;
};

/* From global memory or a span, with conv1's kernel and bias laid out as in the parameters. */
template <typename place>
__device__ __forceinline__ conv1_filter load_conv1_filter(place conv1, int channel)
{
    conv1_filter filter;
#pragma unroll
    for (int tap = 0; tap < 9; tap++) {
        filter.tap[tap] = conv1[tap * LENET_CONV1_CHANNELS + channel];
    }
    filter.bias = conv1[9 * LENET_CONV1_CHANNELS + channel];
    return filter;
}

/* out[y] = ReLU(bias + sum over taps in order of pixel * weight) at column x of ROWS rows: the one
 * definition of conv1's output, so that all kernels have the same bits. */
template <int ROWS>
__device__ __forceinline__ void conv1_column(shared_span<float> image, const conv1_filter &filter,
                                             int x, float (&out)[ROWS])
{
    float pixel[ROWS + 2][3];
#pragma unroll
    for (int y = 0; y < ROWS + 2; y++) {
#pragma unroll
        for (int dx = 0; dx < 3; dx++) {
            pixel[y][dx] = image[y * LENET_IMAGE_SIDE + x + dx];
        }
    }
#pragma unroll
    for (int y = 0; y < ROWS; y++) {
        float sum = filter.bias;
#pragma unroll
        for (int tap = 0; tap < 9; tap++) {
            sum = fmaf(pixel[y + tap / 3][tap % 3], filter.tap[tap], sum);
        }
        out[y] = sum > 0 ? sum : 0.0f;
    }
}

/* Which of 16 elements dropout drops: bit i for byte i of their block. */
__device__ __forceinline__ uint32_t dropped_bits(philox_block block, uint32_t rate_256)
{
    uint32_t bits = 0;
#pragma unroll
    for (int word = 0; word < 4; word++) {
#pragma unroll
        for (int byte = 0; byte < 4; byte++) {
            const uint32_t value = block.word[word] >> (8 * byte) & 255;
            bits |= (value < rate_256 ? 1u : 0u) << (4 * word + byte);
        }
    }
    return bits;
}

/* The gradient of conv2's output before ReLU in one window, four channels: each component is
 * non-zero at most at its place in the window, `argmax`. */
struct window_gradient {
    float value[4];
    uint32_t argmax[4];
};

/* Of channels [4 quad, + 4) of pooled place `place` (0 .. 143) of sample i. */
__device__ __forceinline__ window_gradient load_window_gradient(const cuda_activations &a,
                                                                uint32_t i, int place, int quad,
                                                                float scale)
{
    const size_t at = static_cast<size_t>(i) * LENET_FLAT + place * LENET_CONV2_CHANNELS + 4 * quad;
    const float4 gradient = *reinterpret_cast<const float4 *>(a.pooled_gradient + at);
    const uint32_t argmaxes = *reinterpret_cast<const uint32_t *>(a.argmax + at);
    window_gradient window = {{gradient.x, gradient.y, gradient.z, gradient.w}, {}};
#pragma unroll
    for (int c = 0; c < 4; c++) {
        window.argmax[c] = argmaxes >> (8 * c) & 255;
        window.value[c] = window.argmax[c] < ROUTE_CLOSED ? window.value[c] * scale : 0.0f;
    }
    return window;
}

/* Component c of the window's gradient at `place` of it. */
__device__ __forceinline__ float gradient_at(const window_gradient &window, int c, uint32_t place)
{
    return window.argmax[c] == place ? window.value[c] : 0.0f;
}

/* Adam's constants as floats; alpha is in cuda_progress. */
struct adam_rates {
    float one_minus_beta_1;
    float one_minus_beta_2;
    float epsilon;
};

inline adam_rates adam_rates_of(const cuda_adam_settings *adam)
{
    return adam_rates{static_cast<float>(1 - adam->beta_1), static_cast<float>(1 - adam->beta_2),
                      static_cast<float>(adam->epsilon)};
}

__device__ __forceinline__ float flush_moment(float value)
{
    return fabsf(value) < LENET_SMALLEST_MOMENT ? 0.0f : value;
}

/* m += (g - m)(1 - beta_1); v += (g g - v)(1 - beta_2); p -= m alpha / (sqrt(v) + epsilon), each
 * operation rounded by itself, as in the CPU engine. */
__device__ __forceinline__ void adam_update(const adam_rates &rates, float alpha, float gradient,
                                            float &m, float &v, float &parameter)
{
    const float new_m = m + (gradient - m) * rates.one_minus_beta_1;
    const float new_v = v + (gradient * gradient - v) * rates.one_minus_beta_2;
    parameter = parameter - new_m * alpha / (sqrtf(new_v) + rates.epsilon);
    m = flush_moment(new_m);
    v = flush_moment(new_v);
}

__device__ __forceinline__ void adam_update_four(const adam_rates &rates, float alpha,
                                                 float4 gradient, float4 &m, float4 &v,
                                                 float4 &parameter)
{
    adam_update(rates, alpha, gradient.x, m.x, v.x, parameter.x);
    adam_update(rates, alpha, gradient.y, m.y, v.y, parameter.y);
    adam_update(rates, alpha, gradient.z, m.z, v.z, parameter.z);
    adam_update(rates, alpha, gradient.w, m.w, v.w, parameter.w);
}

/* A warp's 32 columns of a product by mma are eight quads. Column c of its tile j of eight stands
 * for column j of quad quad_of_column(c). Lane t of four ends with columns 2 t and 2 t + 1 of all
 * tiles, which are quads t and t + 4. So four lanes store 64 contiguous bytes, whole sectors. */
__device__ __forceinline__ int quad_of_column(int column)
{
    return column % 2 * 4 + column / 2;
}

__device__ __forceinline__ int column_of_quad(int quad)
{
    return quad % 4 * 2 + quad / 4;
}

__device__ __forceinline__ float4 load_global4(const float *from)
{
    return *reinterpret_cast<const float4 *>(from);
}

/* An intrinsic, because nvcc splits some plain stores of a vector into four. */
__device__ __forceinline__ void store_global4(float *to, float4 value)
{
    __stwb(reinterpret_cast<float4 *>(to), value);
}

/* Launches KERNEL<precision> (a template over engine_precision) with what follows. */
#define LAUNCH_PRECISION(precision, KERNEL, ...)                                                   \
    ((precision) == ENGINE_BF16   ? LAUNCH(KERNEL<ENGINE_BF16>, __VA_ARGS__)                       \
     : (precision) == ENGINE_TF32 ? LAUNCH(KERNEL<ENGINE_TF32>, __VA_ARGS__)                       \
                                  : LAUNCH(KERNEL<ENGINE_FP32>, __VA_ARGS__))

inline cudaError_t first_error(std::initializer_list<cudaError_t> errors)
{
    for (const cudaError_t error : errors) {
        if (error != cudaSuccess) {
            return error;
        }
    }
    return cudaSuccess;
}

/* Each function loads its file's kernels, or raises their limits of shared memory, which loads them
 * too; cuda_kernels_prepare calls them all. A kernel that is loaded later may make all streams of
 * the device wait. */
cudaError_t prepare_conv_forward();
cudaError_t prepare_dense1_forward();
cudaError_t prepare_dense1_backward();
cudaError_t prepare_conv2_weights();
cudaError_t prepare_conv1_weights();
cudaError_t prepare_head();
cudaError_t prepare_update();
cudaError_t prepare_order_keys();
cudaError_t prepare_histogram();
cudaError_t prepare_conv1_output();

#endif
