/* The host's side of kernels/cuda/common/device.cuh: the same names, each of which checks what it
 * is asked to do. Kernels include device.cuh, never this. */
#ifndef CUDA_HOST_DEVICE_H
#define CUDA_HOST_DEVICE_H

#include <functional>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <tuple>

#include "cuda_host_kernel.h"
#include "cuda_host_math.h"
#include "cuda_runtime.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) alignas(bytes)
#define CUDA_HOST_SITE   const char *file = __builtin_FILE(), int line = __builtin_LINE()

extern uint3 threadIdx;
extern uint3 blockIdx;
extern dim3 blockDim;
extern dim3 gridDim;

/* Launches */
#define LAUNCH(...) launch_kernel(#__VA_ARGS__, __VA_ARGS__)

template <typename... P>
inline cudaError_t launch_kernel(const char *text, void (*kernel)(P...), dim3 grid, dim3 block,
                                 size_t shared_bytes, cudaStream_t stream,
                                 typename plain_type<P>::type... values)
{
    const cuda_host::launch_shape shape = {text,         reinterpret_cast<const void *>(kernel),
                                           grid,         block,
                                           shared_bytes, {cuda_host::argument_of<P>(values)...}};
    std::tuple<P...> copies(values...);
    return cuda_host::launch(shape, [kernel, copies]() { std::apply(kernel, copies); }, stream);
}

/* The host's kernels are always loaded; this records which ones the engine loads. */
template <typename... P> inline cudaError_t load_kernel(void (*kernel)(P...))
{
    cuda_host::load(reinterpret_cast<const void *>(kernel));
    return cudaSuccess;
}

template <typename... P>
inline cudaError_t raise_shared_limit(void (*kernel)(P...), size_t shared_bytes)
{
    return cuda_host::raise_limit(reinterpret_cast<const void *>(kernel), shared_bytes);
}

/* Shared memory */

/* The result of tile[i]: a place whose every use is checked. */
template <typename T> class shared_reference
{
  public:
    explicit shared_reference(T *place) : place_(place)
    {
    }
    operator T() const
    {
        cuda_host::shared_read(place_, sizeof(T));
        return *place_;
    }
    T operator=(T value) const
    {
        cuda_host::shared_write(place_, sizeof(T));
        return *place_ = value;
    }
    T operator=(const shared_reference &other) const
    {
        return *this = static_cast<T>(other);
    }

  private:
    T *place_;
};

template <typename T> struct shared_span {
    T *values;
    T *begin; /* of the span from take, even if it was cut */
    T *end;

    /* The place of `count` values from i on, aligned for them. */
    T *at(int i, int count = 1) const
    {
        T *place = values + i;
        if (__builtin_expect(place < begin || place + count > end, 0)) {
            cuda_host::outside_span(begin, values - begin + i, count, end - begin, sizeof(T));
        }
        if (count > 1 && reinterpret_cast<uintptr_t>(place) % (sizeof(T) * unsigned(count)) != 0) {
            cuda_host::unaligned(begin, values - begin + i, count);
        }
        return place;
    }
    shared_reference<T> operator[](int i) const
    {
        return shared_reference<T>(at(i));
    }
    shared_span operator+(int offset) const
    {
        return {values + offset, begin, end};
    }
};

struct shared_memory {
    unsigned char *next;

    template <typename T> shared_span<T> take(int count, CUDA_HOST_SITE)
    {
        const size_t bytes = size_t(count) * sizeof(T);
        T *begin = reinterpret_cast<T *>(next);
        cuda_host::take(next, bytes, sizeof(T), file, line);
        next += (bytes + 15) & ~size_t(15);
        return {begin, begin, begin + count};
    }
};

#define SHARED_MEMORY() (shared_memory{cuda_host::here.shared})

template <typename V, typename T> inline V load_vector(shared_span<T> span, int i)
{
    T *place = span.at(i, sizeof(V) / sizeof(T));
    cuda_host::shared_read(place, sizeof(V));
    V value;
    memcpy(&value, place, sizeof value);
    return value;
}
template <typename V, typename T> inline void store_vector(shared_span<T> span, int i, V value)
{
    T *place = span.at(i, sizeof(V) / sizeof(T));
    cuda_host::shared_write(place, sizeof(V));
    memcpy(place, &value, sizeof value);
}
inline float4 load4(shared_span<float> span, int i)
{
    return load_vector<float4>(span, i);
}
inline uint4 load4(shared_span<uint32_t> span, int i)
{
    return load_vector<uint4>(span, i);
}
inline uint2 load2(shared_span<uint32_t> span, int i)
{
    return load_vector<uint2>(span, i);
}
inline void store4(shared_span<float> span, int i, float4 v)
{
    store_vector(span, i, v);
}
inline void store4(shared_span<uint32_t> span, int i, uint4 v)
{
    store_vector(span, i, v);
}
inline void store2(shared_span<float> span, int i, float2 v)
{
    store_vector(span, i, v);
}
inline void store2(shared_span<uint32_t> span, int i, uint2 v)
{
    store_vector(span, i, v);
}
template <typename T>
inline T atomic_add(shared_span<T> span, int i, typename plain_type<T>::type value)
{
    T *place = span.at(i);
    cuda_host::shared_atomic(place, sizeof(T));
    const T before = *place;
    *place = static_cast<T>(before + value);
    return before;
}

/* Stores to global memory */
inline void __stwb(float4 *to, float4 value)
{
    *to = value;
}

/* Barriers */
inline void __syncthreads(CUDA_HOST_SITE)
{
    cuda_host::block_barrier(file, line);
}
inline void __syncwarp(uint32_t mask = 0xffffffff, CUDA_HOST_SITE)
{
    cuda_host::meet(cuda_host::warp_barrier, mask, file, line);
}

/* Warp shuffles and votes */
template <typename T> inline T __shfl_xor_sync(uint32_t mask, T value, int bits, CUDA_HOST_SITE)
{
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move 4 or 8 bytes");
    cuda_host::operands &mine = *cuda_host::here.mine;
    mine.value = 0;
    memcpy(&mine.value, &value, sizeof value);
    mine.source = cuda_host::lane() ^ unsigned(bits);
    cuda_host::meet(cuda_host::shuffle_xor, mask, file, line);
    memcpy(&value, &mine.result, sizeof value);
    return value;
}
inline uint32_t __ballot_sync(uint32_t mask, int predicate, CUDA_HOST_SITE)
{
    cuda_host::operands &mine = *cuda_host::here.mine;
    mine.value = predicate != 0;
    cuda_host::meet(cuda_host::ballot, mask, file, line);
    return uint32_t(mine.result);
}

/* Tensor cores and their operands */
inline uint32_t to_tf32(float value)
{
    return cuda_host::round_tf32(value);
}
inline uint32_t pack_bf16(float low, float high)
{
    return uint32_t(cuda_host::round_bf16(low)) | uint32_t(cuda_host::round_bf16(high)) << 16;
}
inline void cuda_host_mma(const cuda_host::collective &kind, float *d, const uint32_t *a,
                          const uint32_t *b, const char *file, int line)
{
    cuda_host::operands &mine = *cuda_host::here.mine;
    mine.d = d;
    mine.a = a;
    mine.b = b;
    cuda_host::meet(kind, 0xffffffff, file, line);
}
inline void mma_tf32_16x8x8(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                            CUDA_HOST_SITE)
{
    cuda_host_mma(cuda_host::mma_tf32, d, a, b, file, line);
}
inline void mma_bf16_16x8x16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                             CUDA_HOST_SITE)
{
    cuda_host_mma(cuda_host::mma_bf16, d, a, b, file, line);
}

/* Copies from global to shared memory: they arrive as late as possible. */
template <typename T>
inline void copy_async16(shared_span<T> span, int i, const void *global, bool valid = true)
{
    cuda_host::copy_start(span.at(i, 16 / sizeof(T)), valid ? global : nullptr);
}
inline void copy_async_commit()
{
    cuda_host::copy_commit();
}
template <int N> inline void copy_async_wait()
{
    cuda_host::copy_wait(N);
}

inline void device_fence()
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
inline void device_fence_system()
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
