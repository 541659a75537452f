/* Dense1 backward: the gradient of its inputs, the gradient of its kernel [9216,128], and after a
 * step's last micro-batch Adam's update, in one pass over the kernel.
 *
 *   pooled_gradient[i][k] = sum over j of kernel[k][j] * preactivation_gradient[i][j]  (old kernel)
 *   gradient[k][j]        = sum over i of pooled[i][k] * preactivation_gradient[i][j]
 *
 * Block = 16 rows of the kernel, 4 warps of 32 columns each: 576 blocks that are all on the chip at
 * the same time. Lane (g, t) = (lane / 4, lane % 4) has rows g and g + 8, and eight columns of each
 * (lane_values): as old weights for the first product, as sums of the second, and as parameters and
 * moments for the update. So each value is loaded once, 16 bytes at a time. All these loads start
 * before anything else. They copy to shared memory, to places that only this lane reads; the
 * moments arrive during the products.
 *
 * Samples are processed in chunks of 32 (dense1_products.cuh). Their 16 inputs are staged in shared
 * memory, where the four warps also add their parts of the first product. preactivation_gradient
 * comes from the L1 cache.
 *
 * Bound: L2's bandwidth, 14 MB read and 14 MB written for the kernel and its moments; from 64
 * samples on also the products. */
#include "dense1_products.cuh"

namespace
{

using namespace dense1_products;

enum { BLOCKS = LENET_FLAT / ROWS };

/* What a launch does with the kernel's gradient. */
enum dense1_mode {
    KEEP,          /* adds it up over micro-batches in p.gradients */
    UPDATE,        /* adds earlier micro-batches to it, stores the sum if there are any, updates */
    GRADIENT_ALONE /* writes it, and computes nothing else */
};

/* The offset from a lane's first four values of the kernel to its i-th four, i < 4. */
__device__ __forceinline__ int lane_offset(int i)
{
    return i / 2 * 8 * LENET_DENSE1 + i % 2 * HALF;
}

/* Starts to copy a lane's part to places in shared memory that only this lane reads. */
__device__ __forceinline__ void copy_lane(const float *from, int at, shared_span<float> to)
{
#pragma unroll
    for (int i = 0; i < 4; i++) {
        copy_async16(to, (i * THREADS + static_cast<int>(threadIdx.x)) * 4,
                     from + at + lane_offset(i));
    }
}

__device__ __forceinline__ lane_values copied_lane(shared_span<float> from)
{
    lane_values values;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        const float4 four = load4(from, (i * THREADS + static_cast<int>(threadIdx.x)) * 4);
        float *const to = &values.value[i / 2][i % 2 * 4];
        to[0] = four.x;
        to[1] = four.y;
        to[2] = four.z;
        to[3] = four.w;
    }
    return values;
}

/* pooled_gradient of a chunk: the four warps' parts in order. */
__device__ __forceinline__ void write_back(const cuda_activations &a, uint32_t first, int count,
                                           int row, int chunk, shared_span<float> parts)
{
    for (int i = static_cast<int>(threadIdx.x); i < count * (ROWS / 4); i += THREADS) {
        const int sample = i / (ROWS / 4);
        const int quad = i % (ROWS / 4) * 4;
        float4 sum = load4(parts, sample * INPUT_ROW + quad);
#pragma unroll
        for (int w = 1; w < WARPS; w++) {
            const float4 next = load4(parts, (w * chunk + sample) * INPUT_ROW + quad);
            sum = float4{sum.x + next.x, sum.y + next.y, sum.z + next.z, sum.w + next.w};
        }
        const size_t to = static_cast<size_t>(first + static_cast<uint32_t>(sample)) * LENET_FLAT;
        store_global4(a.pooled_gradient + to + row + quad, sum);
    }
}

/* The block's rows of the kernel and its moments, each lane's where copy_lane put them. */
struct row_spans {
    shared_span<float> weight;
    shared_span<float> m;
    shared_span<float> v;
};

/* Adds the new gradient to that of earlier micro-batches and does what the mode says, four values
 * at a time. */
template <dense1_mode MODE>
__device__ __forceinline__ void finish_kernel(const cuda_parameters &p, const adam_rates &rates,
                                              float alpha, bool earlier, int lane_at,
                                              const float (&sums)[4][4], const row_spans &rows)
{
    if (MODE != GRADIENT_ALONE) {
        copy_async_wait<0>(); /* also if no sample needed the weights */
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        const int at = lane_at + lane_offset(i);
        float4 gradient = {sums[0][i], sums[1][i], sums[2][i], sums[3][i]};
        if (earlier) {
            const float4 before = load_global4(p.gradients + at);
            gradient = float4{gradient.x + before.x, gradient.y + before.y, gradient.z + before.z,
                              gradient.w + before.w};
        }
        if constexpr (MODE == UPDATE) {
            if (earlier) {
                store_global4(p.gradients + at, gradient);
            }
            const int own = (i * THREADS + static_cast<int>(threadIdx.x)) * 4;
            float4 m = load4(rows.m, own);
            float4 v = load4(rows.v, own);
            float4 value = load4(rows.weight, own);
            adam_update_four(rates, alpha, gradient, m, v, value);
            store_global4(p.moment_m + at, m);
            store_global4(p.moment_v + at, v);
            store_global4(p.values + at, value);
        } else {
            store_global4(p.gradients + at, gradient);
        }
    }
}

/* `chunk`: samples that there is shared memory for, 16 or 32. */
template <engine_precision P, dense1_mode MODE>
__device__ __forceinline__ void run_backward(const cuda_batch &batch, const cuda_activations &a,
                                             const cuda_parameters &p, const adam_rates &rates,
                                             int chunk)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<uint32_t> inputs = memory.take<uint32_t>(CHUNK * INPUT_ROW);
    shared_span<float> parts = memory.take<float>(WARPS * chunk * INPUT_ROW);
    const int warp = static_cast<int>(threadIdx.x) / LANES;
    const int lane = static_cast<int>(threadIdx.x) % LANES;
    const int row = static_cast<int>(blockIdx.x) * ROWS;
    const int own_column = warp * COLUMNS + 4 * (lane % 4);
    const int at = LENET_DENSE1_KERNEL_AT + (row + lane / 4) * LENET_DENSE1 + own_column;
    row_spans rows = {};
    float alpha = 0;
    if (MODE != GRADIENT_ALONE) {
        rows.weight = memory.take<float>(ROWS * LENET_DENSE1);
        copy_lane(p.values, at, rows.weight);
        copy_async_commit();
    }
    if (MODE == UPDATE) {
        rows.m = memory.take<float>(ROWS * LENET_DENSE1);
        rows.v = memory.take<float>(ROWS * LENET_DENSE1);
        copy_lane(p.moment_m, at, rows.m);
        copy_lane(p.moment_v, at, rows.v);
        copy_async_commit();
        alpha = batch.progress->alpha;
    }
    const uint32_t n = batch_range_of(batch).n;
    const shared_span<float> own_parts = parts + warp * chunk * INPUT_ROW;
    float sums[4][4] = {};
    for (uint32_t first = 0; first < n; first += static_cast<uint32_t>(chunk)) {
        const int count = static_cast<int>(min(n - first, static_cast<uint32_t>(chunk)));
        stage_inputs<P>(a.pooled, first, n, row, inputs);
        __syncthreads();
        lane_values weight = {};
        if (MODE != GRADIENT_ALONE) {
            copy_async_wait<MODE == UPDATE ? 1 : 0>();
            weight = copied_lane(rows.weight);
        }
        if (P == ENGINE_FP32) {
            multiply_fp32<MODE != GRADIENT_ALONE>(a.preactivation_gradient, first, count,
                                                  own_column, lane, weight, inputs, sums,
                                                  own_parts);
        } else {
            if (MODE != GRADIENT_ALONE) {
                back_mma<P>(a.preactivation_gradient, first, n, (count + 15) / 16, own_column, lane,
                            weight, own_parts);
            }
            weights_mma<P>(a.preactivation_gradient, first, n, count,
                           warp * COLUMNS + 4 * quad_of_column(lane / 4), lane, inputs, sums);
        }
        __syncthreads();
        if (MODE != GRADIENT_ALONE) {
            write_back(a, first, count, row, chunk, parts);
        }
    }
    const bool earlier = MODE != GRADIENT_ALONE && batch.micro_index > 0;
    finish_kernel<MODE>(p, rates, alpha, earlier, at, sums, rows);
}

/* Five blocks of 128 threads on a multiprocessor: 576 on 132 in one wave. */
template <engine_precision P>
__global__ void __launch_bounds__(THREADS, 5)
    dense1_update(cuda_batch batch, cuda_activations a, cuda_parameters p, adam_rates rates,
                  int chunk)
{
    run_backward<P, UPDATE>(batch, a, p, rates, chunk);
}

template <engine_precision P>
__global__ void __launch_bounds__(THREADS, 5)
    dense1_backward(cuda_batch batch, cuda_activations a, cuda_parameters p, int chunk)
{
    run_backward<P, KEEP>(batch, a, p, adam_rates{}, chunk);
}

template <engine_precision P>
__global__ void __launch_bounds__(THREADS, 5)
    dense1_gradient(cuda_batch batch, cuda_activations a, cuda_parameters p, int chunk)
{
    run_backward<P, GRADIENT_ALONE>(batch, a, p, adam_rates{}, chunk);
}

int chunk_for(uint32_t most)
{
    return most < CHUNK ? static_cast<int>((most + 15) / 16 * 16) : static_cast<int>(CHUNK);
}

constexpr size_t shared_bytes(int chunk)
{
    return static_cast<size_t>((CHUNK + WARPS * chunk) * INPUT_ROW + 3 * ROWS * LENET_DENSE1) *
           sizeof(float);
}

} // namespace

cudaError_t prepare_dense1_backward()
{
    static_assert(shared_bytes(CHUNK) <= 48 * 1024, "needs no higher limit");
    return first_error(
        {load_kernel(dense1_update<ENGINE_FP32>), load_kernel(dense1_update<ENGINE_TF32>),
         load_kernel(dense1_update<ENGINE_BF16>), load_kernel(dense1_backward<ENGINE_FP32>),
         load_kernel(dense1_backward<ENGINE_TF32>), load_kernel(dense1_backward<ENGINE_BF16>),
         load_kernel(dense1_gradient<ENGINE_FP32>), load_kernel(dense1_gradient<ENGINE_TF32>),
         load_kernel(dense1_gradient<ENGINE_BF16>)});
}

extern "C" cudaError_t cuda_dense1_backward(const cuda_batch *batch, const cuda_activations *a,
                                            const cuda_parameters *p,
                                            const cuda_adam_settings *adam, bool last,
                                            engine_precision precision, cudaStream_t stream)
{
    const int chunk = chunk_for(batch_most(batch));
    if (last) {
        return LAUNCH_PRECISION(precision, dense1_update, dim3(BLOCKS), dim3(THREADS),
                                shared_bytes(chunk), stream, *batch, *a, *p, adam_rates_of(adam),
                                chunk);
    }
    return LAUNCH_PRECISION(precision, dense1_backward, dim3(BLOCKS), dim3(THREADS),
                            shared_bytes(chunk), stream, *batch, *a, *p, chunk);
}

extern "C" cudaError_t cuda_dense1_gradient(uint32_t n, const cuda_activations *a,
                                            const cuda_parameters *p, engine_precision precision,
                                            cudaStream_t stream)
{
    cuda_batch batch = {};
    batch.n = n;
    batch.capacity = n;
    const int chunk = chunk_for(n);
    return LAUNCH_PRECISION(precision, dense1_gradient, dim3(BLOCKS), dim3(THREADS),
                            shared_bytes(chunk), stream, batch, *a, *p, chunk);
}
