/* Histograms of tensors on the device: min, max, sums and counts, then the buckets. Sums are in
 * double, in an order that depends only on the count. Counts are integers, so the order of their
 * atomics does not matter. Not part of a step. Bound: reading the values twice. */
#include <cfloat>

#include "lenet_device.cuh"

namespace
{

enum {
    THREADS = 256,
    MOST_BLOCKS = 1024,
    BLOCK_VALUES = 8 * THREADS, /* at least: a block for fewer does not pay */
    FIELDS = 8,                 /* doubles of scratch a block */
    BUCKETS = ENGINE_HISTOGRAM_BUCKETS,
};

/* What histogram_limits gathers; the counts are whole and far below 2^53. */
struct limits {
    double least;
    double greatest;
    double sum;
    double sum_of_squares;
    double finite;
    double not_finite;
};

__device__ __forceinline__ limits no_limits()
{
    return limits{DBL_MAX, -DBL_MAX, 0, 0, 0, 0};
}

__device__ __forceinline__ void add_value(limits &to, float value)
{
    if (!isfinite(value)) {
        to.not_finite += 1;
        return;
    }
    const double v = static_cast<double>(value);
    to.least = v < to.least ? v : to.least;
    to.greatest = v > to.greatest ? v : to.greatest;
    to.sum += v;
    to.sum_of_squares += v * v;
    to.finite += 1;
}

__device__ __forceinline__ void add_limits(limits &to, const limits &from)
{
    to.least = from.least < to.least ? from.least : to.least;
    to.greatest = from.greatest > to.greatest ? from.greatest : to.greatest;
    to.sum += from.sum;
    to.sum_of_squares += from.sum_of_squares;
    to.finite += from.finite;
    to.not_finite += from.not_finite;
}

__device__ __forceinline__ void store_limits(shared_span<double> at, int i, const limits &from)
{
    at[FIELDS * i] = from.least;
    at[FIELDS * i + 1] = from.greatest;
    at[FIELDS * i + 2] = from.sum;
    at[FIELDS * i + 3] = from.sum_of_squares;
    at[FIELDS * i + 4] = from.finite;
    at[FIELDS * i + 5] = from.not_finite;
}

template <typename S> __device__ __forceinline__ limits load_limits(S at, int i)
{
    return limits{at[FIELDS * i],     at[FIELDS * i + 1], at[FIELDS * i + 2],
                  at[FIELDS * i + 3], at[FIELDS * i + 4], at[FIELDS * i + 5]};
}

/* Merges the limits of the block's threads in a tree. Thread 0 returns the result. */
__device__ __forceinline__ limits sum_block(limits own, shared_span<double> parts)
{
    const int thread = static_cast<int>(threadIdx.x);
    store_limits(parts, thread, own);
    for (int distance = THREADS / 2; distance > 0; distance /= 2) {
        __syncthreads();
        if (thread < distance) {
            add_limits(own, load_limits(parts, thread + distance));
            store_limits(parts, thread, own);
        }
    }
    return own;
}

__global__ void __launch_bounds__(THREADS)
    histogram_parts(const float *values, uint32_t count, double *scratch)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<double> parts = memory.take<double>(THREADS * FIELDS);
    limits own = no_limits();
    for (uint64_t i = blockIdx.x * THREADS + threadIdx.x; i < count; i += gridDim.x * THREADS) {
        add_value(own, values[i]);
    }
    own = sum_block(own, parts);
    if (threadIdx.x == 0) {
        double *to = scratch + blockIdx.x * FIELDS;
        to[0] = own.least;
        to[1] = own.greatest;
        to[2] = own.sum;
        to[3] = own.sum_of_squares;
        to[4] = own.finite;
        to[5] = own.not_finite;
    }
}

/* One block: merges the parts' limits into *out; with `first`, replaces *out. */
__global__ void __launch_bounds__(THREADS)
    histogram_limits(const double *scratch, int parts_count, bool first, engine_histogram *out)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<double> parts = memory.take<double>(THREADS * FIELDS);
    limits own = no_limits();
    for (int i = static_cast<int>(threadIdx.x); i < parts_count; i += THREADS) {
        add_limits(own, load_limits(scratch, i));
    }
    own = sum_block(own, parts);
    if (first && threadIdx.x < BUCKETS) {
        out->buckets[threadIdx.x] = 0;
    }
    if (threadIdx.x == 0) {
        limits all = no_limits();
        if (!first && out->finite > 0) {
            all.least = out->min;
            all.greatest = out->max;
        }
        if (!first) {
            all.sum = out->sum;
            all.sum_of_squares = out->sum_of_squares;
            all.finite = static_cast<double>(out->finite);
            all.not_finite = static_cast<double>(out->not_finite);
        }
        add_limits(all, own);
        out->min = all.finite > 0 ? all.least : 0;
        out->max = all.finite > 0 ? all.greatest : 0;
        out->sum = all.sum;
        out->sum_of_squares = all.sum_of_squares;
        out->finite = static_cast<uint64_t>(all.finite);
        out->not_finite = static_cast<uint64_t>(all.not_finite);
    }
}

/* The bucket is that of the CPU engine, operation by operation. */
__global__ void __launch_bounds__(THREADS)
    histogram_buckets(const float *values, uint32_t count, engine_histogram *out)
{
    shared_memory memory = SHARED_MEMORY();
    shared_span<uint32_t> counts = memory.take<uint32_t>(BUCKETS);
    if (threadIdx.x < BUCKETS) {
        counts[static_cast<int>(threadIdx.x)] = 0;
    }
    __syncthreads();
    const double least = out->min;
    const double width = (out->max - least) / BUCKETS;
    for (uint32_t i = blockIdx.x * THREADS + threadIdx.x; i < count; i += gridDim.x * THREADS) {
        const double value = static_cast<double>(values[i]);
        if (isfinite(value)) {
            const double place = width > 0 ? (value - least) / width : BUCKETS - 1.0;
            atomic_add(counts, place < BUCKETS - 1.0 ? static_cast<int>(place) : BUCKETS - 1, 1u);
        }
    }
    __syncthreads();
    if (threadIdx.x < BUCKETS) {
        const uint32_t here = counts[static_cast<int>(threadIdx.x)];
        atomicAdd(reinterpret_cast<unsigned long long *>(&out->buckets[threadIdx.x]),
                  static_cast<unsigned long long>(here));
    }
}

uint32_t blocks_for(uint32_t count)
{
    const uint32_t blocks = count / BLOCK_VALUES + 1;
    return blocks < MOST_BLOCKS ? blocks : static_cast<uint32_t>(MOST_BLOCKS);
}

static_assert(MOST_BLOCKS * FIELDS <= CUDA_HISTOGRAM_SCRATCH_DOUBLES, "scratch is too small");

} // namespace

cudaError_t prepare_histogram()
{
    return first_error({load_kernel(histogram_parts), load_kernel(histogram_limits),
                        load_kernel(histogram_buckets)});
}

extern "C" cudaError_t cuda_histogram_limits(const float *values, uint32_t count, bool first,
                                             engine_histogram *out, double *scratch,
                                             cudaStream_t stream)
{
    const uint32_t blocks = blocks_for(count);
    const size_t bytes = THREADS * FIELDS * sizeof(double);
    const cudaError_t error =
        LAUNCH(histogram_parts, dim3(blocks), dim3(THREADS), bytes, stream, values, count, scratch);
    if (error != cudaSuccess) {
        return error;
    }
    return LAUNCH(histogram_limits, dim3(1), dim3(THREADS), bytes, stream, scratch,
                  static_cast<int>(blocks), first, out);
}

extern "C" cudaError_t cuda_histogram_buckets(const float *values, uint32_t count,
                                              engine_histogram *out, cudaStream_t stream)
{
    return LAUNCH(histogram_buckets, dim3(blocks_for(count)), dim3(THREADS),
                  BUCKETS * sizeof(uint32_t), stream, values, count, out);
}
