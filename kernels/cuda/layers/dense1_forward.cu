/* Dense 128 over 9216 inputs: partial sums over 72 slices of 128 inputs, which cuda_head adds up.
 *
 *   partial[slice][i][j] = sum over k of the slice of pooled[i][k] * kernel[k][j]
 *
 * A block has one slice, 64 of the 128 columns and up to 64 samples; 8 warps = 2 times 32 columns
 * by 4 times 32 inputs. Every weight is read once, 16 bytes a lane and whole rows of 128 bytes a
 * warp, straight into the registers from which mma takes it. So these loads decide the order:
 * column c of channel tile j is column 4 c + j of the warp's 32, and lane t of four holds inputs 4
 * t .. 4 t + 3 of 16, both in A and in B. The warps' sums over their inputs are added in shared
 * memory.
 *
 * fp32: lane = column, its 32 weights in registers, the sample's inputs by broadcast.
 *
 * Bound: reading the kernel, 4.7 MB from L2, and its latency; many loads are in flight. */
#include "lenet_device.cuh"

namespace
{

enum {
    THREADS = 256,
    SLICE = LENET_FLAT / CUDA_DENSE1_SPLITS, /* 128 inputs */
    COLUMNS = 64,
    WARP_COLUMNS = 32,
    WARP_INPUTS = 32,
    QUARTERS = SLICE / WARP_INPUTS, /* warps that share columns */
    ROWS = 64,                      /* samples of a block */
    TILES = ROWS / 16,
    SUM_ROW = COLUMNS + 4, /* floats from sample to sample, in different banks */
};

/* Four inputs of a sample, or zeros where there is none. */
__device__ __forceinline__ float4 load_inputs(const float *pooled, uint32_t sample, uint32_t n,
                                              int input)
{
    if (sample >= n) {
        return float4{0, 0, 0, 0};
    }
    return load_global4(pooled + static_cast<size_t>(sample) * LENET_FLAT + input);
}

/* A lane's weights. mma: inputs 4 t .. 4 t + 3 of each half of the warp's 32, four columns each. */
template <engine_precision P> struct lane_weights {
    float4 four[2][4];
};

/* fp32: all of the warp's inputs in one column. */
template <> struct lane_weights<ENGINE_FP32> {
    float one[WARP_INPUTS];
};

/* Loads a lane's weights of the warp's inputs from `input` on and its columns from `column` on. */
template <engine_precision P>
__device__ __forceinline__ lane_weights<P> load_weights(const float *kernel, int input, int column,
                                                        int lane)
{
    lane_weights<P> weight;
    if constexpr (P == ENGINE_FP32) {
#pragma unroll
        for (int k = 0; k < WARP_INPUTS; k++) {
            weight.one[k] = kernel[static_cast<size_t>(input + k) * LENET_DENSE1 + column + lane];
        }
    } else {
#pragma unroll
        for (int e = 0; e < 8; e++) {
            const int row = input + 16 * (e / 4) + 4 * (lane % 4) + e % 4;
            weight.four[e / 4][e % 4] = load_global4(
                kernel + static_cast<size_t>(row) * LENET_DENSE1 + column + 4 * (lane / 4));
        }
    }
    return weight;
}

/* Adds 16 inputs to d [16 samples][4 tiles of 8 columns]. low, high: inputs of samples g and g + 8;
 * weight[e]: input 4 t + e, four columns. */
template <engine_precision P>
__device__ __forceinline__ void multiply_chunk(float4 low, float4 high, const float4 (&weight)[4],
                                               float (&d)[4][4])
{
    const float column[4][4] = {{weight[0].x, weight[1].x, weight[2].x, weight[3].x},
                                {weight[0].y, weight[1].y, weight[2].y, weight[3].y},
                                {weight[0].z, weight[1].z, weight[2].z, weight[3].z},
                                {weight[0].w, weight[1].w, weight[2].w, weight[3].w}};
    if (P == ENGINE_BF16) {
        const uint32_t a[4] = {pack_bf16(low.x, low.y), pack_bf16(high.x, high.y),
                               pack_bf16(low.z, low.w), pack_bf16(high.z, high.w)};
#pragma unroll
        for (int j = 0; j < 4; j++) {
            const uint32_t b[2] = {pack_bf16(column[j][0], column[j][1]),
                                   pack_bf16(column[j][2], column[j][3])};
            mma_bf16_16x8x16(d[j], a, b);
        }
    } else {
        const uint32_t a[2][4] = {
            {to_tf32(low.x), to_tf32(high.x), to_tf32(low.y), to_tf32(high.y)},
            {to_tf32(low.z), to_tf32(high.z), to_tf32(low.w), to_tf32(high.w)}};
#pragma unroll
        for (int step = 0; step < 2; step++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                const uint32_t b[2] = {to_tf32(column[j][2 * step]),
                                       to_tf32(column[j][2 * step + 1])};
                mma_tf32_16x8x8(d[j], a[step], b);
            }
        }
    }
}

/* A warp's sums over its 32 inputs from `input` on and 32 columns from `column` on, of samples
 * [first, first + 16 tiles), into sums[sample][column in the block]. */
template <engine_precision P>
__device__ __forceinline__ void multiply_mma(const float *pooled, const lane_weights<P> &weight,
                                             uint32_t first, uint32_t n, int tiles, int input,
                                             int column, int lane, shared_span<float> sums)
{
    const int group = lane / 4;
    const int member = lane % 4;
    const int to_column = column % COLUMNS + 8 * member;
    for (int tile = 0; tile < tiles; tile++) {
        const uint32_t sample = first + static_cast<uint32_t>(16 * tile + group);
        float d[4][4] = {};
#pragma unroll
        for (int chunk = 0; chunk < 2; chunk++) {
            const int at = input + 16 * chunk + 4 * member;
            multiply_chunk<P>(load_inputs(pooled, sample, n, at),
                              load_inputs(pooled, sample + 8, n, at), weight.four[chunk], d);
        }
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int to = (16 * tile + group + 8 * half) * SUM_ROW + to_column;
            store4(sums, to,
                   float4{d[0][2 * half], d[1][2 * half], d[2][2 * half], d[3][2 * half]});
            store4(sums, to + 4,
                   float4{d[0][2 * half + 1], d[1][2 * half + 1], d[2][2 * half + 1],
                          d[3][2 * half + 1]});
        }
    }
}

__device__ __forceinline__ void multiply_fp32(const float *pooled,
                                              const lane_weights<ENGINE_FP32> &weight,
                                              uint32_t first, uint32_t n, int rows, int input,
                                              int column, int lane, shared_span<float> sums)
{
#pragma unroll 2
    for (int row = 0; row < rows; row++) {
        float sum = 0;
#pragma unroll
        for (int k = 0; k < WARP_INPUTS; k += 4) {
            const float4 x = load_inputs(pooled, first + static_cast<uint32_t>(row), n, input + k);
            sum = fmaf(x.x, weight.one[k], sum);
            sum = fmaf(x.y, weight.one[k + 1], sum);
            sum = fmaf(x.z, weight.one[k + 2], sum);
            sum = fmaf(x.w, weight.one[k + 3], sum);
        }
        sums[row * SUM_ROW + column % COLUMNS + lane] = sum;
    }
}

/* Grid: (slices * 2 column halves, chunks of 64 samples). `rows`: samples of a block, a multiple of
 * 16, for which there is shared memory. */
template <engine_precision P>
__global__ void __launch_bounds__(THREADS, 2)
    dense1_forward(cuda_batch batch, cuda_activations a, const float *parameters, int rows)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<float> sums = memory.take<float>(QUARTERS * rows * SUM_ROW);
    const int warp = static_cast<int>(threadIdx.x) / LANES;
    const int lane = static_cast<int>(threadIdx.x) % LANES;
    const int slice = static_cast<int>(blockIdx.x) / 2;
    const int half = static_cast<int>(blockIdx.x) % 2;
    const int quarter = warp / 2;
    const int column = half * COLUMNS + warp % 2 * WARP_COLUMNS;
    const int input = slice * SLICE + quarter * WARP_INPUTS;
    /* Loaded before the number of samples, which has to be loaded too. */
    const lane_weights<P> weight =
        load_weights<P>(parameters + LENET_DENSE1_KERNEL_AT, input, column, lane);
    const uint32_t n = batch_range_of(batch).n;
    const uint32_t first = blockIdx.y * static_cast<uint32_t>(rows);
    if (first >= n) {
        return;
    }
    const int here = static_cast<int>(min(n - first, static_cast<uint32_t>(rows)));
    const shared_span<float> own = sums + quarter * rows * SUM_ROW;
    if constexpr (P == ENGINE_FP32) {
        multiply_fp32(a.pooled, weight, first, n, here, input, column, lane, own);
    } else {
        multiply_mma<P>(a.pooled, weight, first, n, (here + 15) / 16, input, column, lane, own);
    }
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.x); i < here * (COLUMNS / 4); i += THREADS) {
        const int row = i / (COLUMNS / 4);
        const int at = row * SUM_ROW + i % (COLUMNS / 4) * 4;
        float4 sum = load4(sums, at);
#pragma unroll
        for (int q = 1; q < QUARTERS; q++) {
            const float4 next = load4(sums, q * rows * SUM_ROW + at);
            sum = float4{sum.x + next.x, sum.y + next.y, sum.z + next.z, sum.w + next.w};
        }
        const size_t to =
            (static_cast<size_t>(slice) * batch.capacity + first + static_cast<uint32_t>(row)) *
                LENET_DENSE1 +
            static_cast<size_t>(half * COLUMNS + i % (COLUMNS / 4) * 4);
        store_global4(a.partial + to, sum);
    }
}

constexpr size_t shared_bytes(int rows)
{
    return static_cast<size_t>(QUARTERS * rows * SUM_ROW) * sizeof(float);
}

} // namespace

cudaError_t prepare_dense1_forward()
{
    return first_error({raise_shared_limit(dense1_forward<ENGINE_FP32>, shared_bytes(ROWS)),
                        raise_shared_limit(dense1_forward<ENGINE_TF32>, shared_bytes(ROWS)),
                        raise_shared_limit(dense1_forward<ENGINE_BF16>, shared_bytes(ROWS))});
}

extern "C" cudaError_t cuda_dense1_forward(const cuda_batch *batch, const cuda_activations *a,
                                           const float *parameters, engine_precision precision,
                                           cudaStream_t stream)
{
    const uint32_t most = batch_most(batch);
    if (most == 0) {
        return cudaSuccess;
    }
    const int rows = most < ROWS ? static_cast<int>((most + 15) / 16 * 16) : ROWS;
    const dim3 grid(2 * CUDA_DENSE1_SPLITS, (most + ROWS - 1) / ROWS);
    return LAUNCH_PRECISION(precision, dense1_forward, grid, dim3(THREADS), shared_bytes(rows),
                            stream, *batch, *a, parameters, rows);
}
