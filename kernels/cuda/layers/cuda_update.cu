/* The end of a step: the slots' sums, Adam on all but dense1's kernel, the step's metrics, and the
 * count of steps; the sums alone; and Adam on dense1's kernel by itself, for gradients that cuBLAS
 * made.
 *
 *   gradient = sum of the slots, 16 groups of slots each in order, then the groups in order
 *
 * A thread adds four parameters over a group of slots, so that its 8 loads are in flight together.
 * The blocks are conv2's, conv1's, the head's, and one for metrics. The last block to finish counts
 * the step, since by then all others have read what that changes.
 *
 * Bound: reading the slots, up to 128 * 74 KB from L2. */
#include "lenet_device.cuh"

namespace
{

enum {
    THREADS = 512,
    GROUPS = 16,              /* of slots, for one parameter */
    QUADS = THREADS / GROUPS, /* of four parameters, of a block */
    GROUP_SLOTS = CUDA_CONV_SLOTS / GROUPS,
    BANDS = LENET_POOL_SIDE / 2,
    CONV2_BLOCKS = (CONV2_PARAMETERS / 4 + QUADS - 1) / QUADS,
    CONV1_BLOCKS = (CONV1_PARAMETERS / 4 + QUADS - 1) / QUADS,
    HEAD_BLOCKS = (HEAD_PARAMETERS + THREADS - 1) / THREADS,
    CONV1_FROM = CONV2_BLOCKS,
    HEAD_FROM = CONV1_FROM + CONV1_BLOCKS,
    METRICS_FROM = HEAD_FROM + HEAD_BLOCKS,
    BLOCKS = METRICS_FROM + 1,
    DENSE1_QUADS = LENET_FLAT * LENET_DENSE1 / 4,
};

static_assert(LENET_CONV1_BIAS_AT == LENET_CONV1_KERNEL_AT + 9 * LENET_CONV1_CHANNELS &&
                  LENET_CONV2_BIAS_AT == LENET_CONV2_KERNEL_AT + CONV2_ROWS * LENET_CONV2_CHANNELS,
              "a slot is laid out as the parameters are");

constexpr size_t UPDATE_BYTES = GROUPS * QUADS * 4 * sizeof(float);

/* Alpha of update t (from 1), by the CPU engine's formula. Only the device computes it, because the
 * host's pow may differ in the last bits. So a run that resumes from a state has the same bits. */
__device__ __forceinline__ float adam_alpha(const cuda_adam_settings &adam, uint64_t t)
{
    const double correction_1 = 1 - pow(adam.beta_1, static_cast<double>(t));
    const double correction_2 = 1 - pow(adam.beta_2, static_cast<double>(t));
    return static_cast<float>(adam.learning_rate * sqrt(correction_2) / correction_1);
}

__device__ __forceinline__ void update_one(const cuda_parameters &p, const adam_rates &rates,
                                           float alpha, int at, float gradient)
{
    p.gradients[at] = gradient;
    adam_update(rates, alpha, gradient, p.moment_m[at], p.moment_v[at], p.values[at]);
}

__device__ __forceinline__ void update_four(const cuda_parameters &p, const adam_rates &rates,
                                            float alpha, int at, float4 gradient)
{
    float4 m = load_global4(p.moment_m + at);
    float4 v = load_global4(p.moment_v + at);
    float4 value = load_global4(p.values + at);
    adam_update_four(rates, alpha, gradient, m, v, value);
    store_global4(p.moment_m + at, m);
    store_global4(p.moment_v + at, v);
    store_global4(p.values + at, value);
}

/* Sums `used` slots of `count` floats each for this thread's four parameters, quad `quad`; only the
 * threads of group 0 return the whole sum. A thread whose quad is beyond the slot only takes part
 * in the barrier. */
__device__ __forceinline__ float4 sum_slots(const float *slots, int count, int used, int quad,
                                            int group, int column, shared_span<float> parts)
{
    float4 sum = {0, 0, 0, 0};
    if (4 * quad < count) {
        const float *from = slots + static_cast<size_t>(group * GROUP_SLOTS) * count + 4 * quad;
        const int end = min(static_cast<int>(GROUP_SLOTS), used - group * GROUP_SLOTS);
        float4 next[GROUP_SLOTS]; /* all in flight together */
#pragma unroll
        for (int slot = 0; slot < GROUP_SLOTS; slot++) {
            next[slot] = slot < end ? load_global4(from + static_cast<size_t>(slot) * count)
                                    : float4{0, 0, 0, 0};
        }
#pragma unroll
        for (int slot = 0; slot < GROUP_SLOTS; slot++) {
            sum = float4{sum.x + next[slot].x, sum.y + next[slot].y, sum.z + next[slot].z,
                         sum.w + next[slot].w};
        }
    }
    store4(parts, (group * QUADS + column) * 4, sum);
    __syncthreads();
    if (group == 0) {
#pragma unroll
        for (int g = 1; g < GROUPS; g++) {
            const float4 next = load4(parts, (g * QUADS + column) * 4);
            sum = float4{sum.x + next.x, sum.y + next.y, sum.z + next.z, sum.w + next.w};
        }
    }
    return sum;
}

/* Writes the step's metrics to the ring, the entry's `step` last. */
__device__ __forceinline__ void write_entry(cuda_ring *ring, const cuda_parameters &p,
                                            const batch_range &range)
{
    engine_step *entry = &ring->entries[range.step % ENGINE_MAX_QUEUED_STEPS];
    entry->loss_sum = *p.loss_sum;
    entry->correct = *p.correct_sum;
    entry->samples = range.total;
    device_fence_system();
    *const_cast<volatile uint64_t *>(&entry->step) = range.step + 1;
}

/* The last block to finish counts the step. */
__device__ __forceinline__ void finish_block(cuda_progress *progress, uint64_t step)
{
    __syncthreads();
    if (threadIdx.x == 0) {
        device_fence();
        if (atomicAdd(&progress->blocks_done, 1u) == gridDim.x - 1) {
            device_fence();
            progress->step = step + 1;
            progress->alpha = *const_cast<volatile float *>(&progress->next_alpha);
            progress->blocks_done = 0;
        }
    }
}

/* Four parameters of a convolution, and their gradient. */
struct conv_quad {
    int at; /* among all parameters; -1 if this thread has none */
    float4 gradient;
};

/* This thread's part of the sums of a block below HEAD_FROM. */
__device__ __forceinline__ conv_quad sum_conv_quad(const cuda_batch &batch,
                                                   const cuda_parameters &p,
                                                   const batch_range &range, int block, int thread,
                                                   shared_span<float> parts)
{
    const int group = thread / QUADS;
    const int column = thread % QUADS;
    const bool conv2 = block < CONV1_FROM;
    const int quad = (conv2 ? block : block - CONV1_FROM) * QUADS + column;
    const int count = conv2 ? CONV2_PARAMETERS : CONV1_PARAMETERS;
    /* The first micro-batch is the largest: no other had more bands, each a block's. */
    const uint32_t bands = min(range.total, batch.capacity) * BANDS;
    const int used = conv2 ? static_cast<int>(min(bands, static_cast<uint32_t>(CUDA_CONV_SLOTS)))
                           : CUDA_CONV_SLOTS;
    const float *slots = conv2 ? p.conv2_slots : p.conv1_slots;
    const float4 gradient = sum_slots(slots, count, used, quad, group, column, parts);
    const int at = (conv2 ? LENET_CONV2_KERNEL_AT : LENET_CONV1_KERNEL_AT) + 4 * quad;
    return conv_quad{group == 0 && 4 * quad < count ? at : -1, gradient};
}

/* Parameter i of those after dense1's kernel, and its place in head_slots. */
__device__ __forceinline__ int head_slot(int i)
{
    return i < LENET_DENSE1 ? LENET_DENSE1 * LENET_CLASSES + LENET_CLASSES + i : i - LENET_DENSE1;
}

__global__ void __launch_bounds__(THREADS)
    update(cuda_batch batch, cuda_parameters p, cuda_adam_settings adam, adam_rates rates,
           cuda_progress *progress, cuda_ring *ring)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<float> parts = memory.take<float>(GROUPS * QUADS * 4);
    const int block = static_cast<int>(blockIdx.x);
    const int thread = static_cast<int>(threadIdx.x);
    const batch_range range = batch_range_of(batch);
    const float alpha = progress->alpha;
    if (block < HEAD_FROM) {
        const conv_quad own = sum_conv_quad(batch, p, range, block, thread, parts);
        if (own.at >= 0) {
            if (block >= CONV1_FROM) {
                store_global4(p.conv1_used + own.at - LENET_CONV1_KERNEL_AT,
                              load_global4(p.values + own.at));
            }
            store_global4(p.gradients + own.at, own.gradient);
            update_four(p, rates, alpha, own.at, own.gradient);
        }
    } else if (block < METRICS_FROM) {
        const int i = (block - HEAD_FROM) * THREADS + thread;
        if (i < HEAD_PARAMETERS) {
            update_one(p, rates, alpha, LENET_DENSE1_BIAS_AT + i, p.head_slots[head_slot(i)]);
        }
    } else if (thread == 0) {
        write_entry(ring, p, range);
    } else if (thread == LANES) {
        /* By another warp than the entry's, since either takes a microsecond or more. */
        progress->next_alpha = adam_alpha(adam, range.step + 2);
    }
    finish_block(progress, range.step);
}

/* Like update, but stores the gradients only. */
__global__ void __launch_bounds__(THREADS) gradients(cuda_batch batch, cuda_parameters p)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<float> parts = memory.take<float>(GROUPS * QUADS * 4);
    const int block = static_cast<int>(blockIdx.x);
    const int thread = static_cast<int>(threadIdx.x);
    if (block < HEAD_FROM) {
        const batch_range range = batch_range_of(batch);
        const conv_quad own = sum_conv_quad(batch, p, range, block, thread, parts);
        if (own.at >= 0) {
            store_global4(p.gradients + own.at, own.gradient);
        }
    } else {
        const int i = (block - HEAD_FROM) * THREADS + thread;
        if (i < HEAD_PARAMETERS) {
            p.gradients[LENET_DENSE1_BIAS_AT + i] = p.head_slots[head_slot(i)];
        }
    }
}

__global__ void __launch_bounds__(THREADS)
    adam_dense1(cuda_parameters p, adam_rates rates, const cuda_progress *progress)
{
    const int quad = static_cast<int>(blockIdx.x * THREADS + threadIdx.x);
    const int at = LENET_DENSE1_KERNEL_AT + 4 * quad;
    update_four(p, rates, progress->alpha, at, load_global4(p.gradients + at));
}

__global__ void set_progress(cuda_progress *progress, uint64_t step, cuda_adam_settings adam)
{
    if (threadIdx.x == 0) {
        const float alpha = adam_alpha(adam, step + 1);
        *progress = cuda_progress{step, alpha, alpha, 0};
    }
}

} // namespace

cudaError_t prepare_update()
{
    return first_error({load_kernel(update), load_kernel(gradients), load_kernel(adam_dense1),
                        load_kernel(set_progress)});
}

extern "C" cudaError_t cuda_update(const cuda_batch *batch, const cuda_parameters *p,
                                   const cuda_adam_settings *adam, cuda_progress *progress,
                                   cuda_ring *ring, cudaStream_t stream)
{
    return LAUNCH(update, dim3(BLOCKS), dim3(THREADS), UPDATE_BYTES, stream, *batch, *p, *adam,
                  adam_rates_of(adam), progress, ring);
}

extern "C" cudaError_t cuda_gradients(const cuda_batch *batch, const cuda_parameters *p,
                                      cudaStream_t stream)
{
    return LAUNCH(gradients, dim3(METRICS_FROM), dim3(THREADS), UPDATE_BYTES, stream, *batch, *p);
}

extern "C" cudaError_t cuda_adam_dense1(const cuda_parameters *p, const cuda_adam_settings *adam,
                                        const cuda_progress *progress, cudaStream_t stream)
{
    static_assert(DENSE1_QUADS % THREADS == 0, "no thread is without work");
    return LAUNCH(adam_dense1, dim3(DENSE1_QUADS / THREADS), dim3(THREADS), 0, stream, *p,
                  adam_rates_of(adam), progress);
}

extern "C" cudaError_t cuda_set_progress(cuda_progress *progress, uint64_t step,
                                         const cuda_adam_settings *adam, cudaStream_t stream)
{
    return LAUNCH(set_progress, dim3(1), dim3(LANES), 0, stream, progress, step, *adam);
}
