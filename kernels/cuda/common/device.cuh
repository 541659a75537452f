/* The few constructs of kernels that differ between the device and the host. nvcc compiles the
 * definitions below. Any other compiler uses those of cuda_host_device.h, a part of the test
 * harness (tests/support/cuda_host). The harness runs every thread of a launch on the host and
 * checks what a device does not: bounds, races, divergence.
 *
 * How to write a kernel:
 *
 *   template <int TILE> __global__ void __launch_bounds__(256) row_sums(const float *in, float *o)
 *   {
 *       shared_memory memory = SHARED_MEMORY();
 *       shared_span<float> tile = memory.take<float>(TILE * 33);
 *       tile[threadIdx.x] = in[blockIdx.x * 256 + threadIdx.x];
 *       __syncthreads();
 *       …
 *   }
 *   cudaError_t error = LAUNCH(row_sums<4>, grid, 256, TILE * 33 * sizeof(float), stream, in, out);
 *
 * - Plain CUDA for threadIdx, blockIdx, blockDim, gridDim, __syncthreads, __syncwarp,
 *   __shfl_xor_sync, __ballot_sync, fmaf, min, float4 and similar types. Add anything else to the
 *   harness first.
 * - Blocks are whole warps. Masks are 0xffffffff, unless only a part of a warp takes the branch;
 *   then they name exactly the lanes that take it. No thread returns before a barrier or collective
 *   in which others still wait: a thread without work skips the work, not the barrier.
 * - Shared memory is dynamic and reached through spans alone: never by address, never by
 *   `__shared__`. `float x = tile[i]`, not `auto x = tile[i]` (on the host that is a reference).
 *   Members of vector types are not reached through a span (tile[i].x): use load4 or load2.
 * - Two threads touch the same shared bytes, one of them writing, only with a __syncthreads
 *   between, or, in one warp, a __syncwarp. Shuffles and mma order no memory.
 * - No atomics on floats. Integers: atomicAdd on global memory, atomic_add on spans.
 * - Sums that must have the same bits everywhere are written out in order; nothing is contracted
 *   (-fmad=false), so that fmaf is where it is written and nowhere else. */
#ifndef KERNELS_CUDA_DEVICE_CUH
#define KERNELS_CUDA_DEVICE_CUH

#include <cuda_runtime.h>
#include <stdint.h>

#ifndef __CUDACC__
#include "cuda_host_device.h"
#else
/* LAUNCH(kernel, grid, block, shared_bytes, stream, arguments…): cudaError_t. The kernel may be an
 * instance of a template, commas and all; arguments are converted to the kernel's parameters. */
#define LAUNCH(...)     launch_kernel(__VA_ARGS__)

/* T, but not deduced from the argument, which is converted to T. */
template <typename T> struct plain_type {
    typedef T type;
};

template <typename... P>
inline cudaError_t launch_kernel(void (*kernel)(P...), dim3 grid, dim3 block, size_t shared_bytes,
                                 cudaStream_t stream, typename plain_type<P>::type... values)
{
    void *places[sizeof...(P) + 1] = {&values..., nullptr};
    return cudaLaunchKernel(reinterpret_cast<const void *>(kernel), grid, block, places,
                            shared_bytes, stream);
}

/* Call it once per kernel, before its first launch with more than 48 KiB of shared memory. */
template <typename... P>
inline cudaError_t raise_shared_limit(void (*kernel)(P...), size_t shared_bytes)
{
    return cudaFuncSetAttribute(reinterpret_cast<const void *>(kernel),
                                cudaFuncAttributeMaxDynamicSharedMemorySize,
                                static_cast<int>(shared_bytes));
}

/* Makes the driver load a kernel now instead of at the first launch. */
template <typename... P> inline cudaError_t load_kernel(void (*kernel)(P...))
{
    cudaFuncAttributes attributes;
    return cudaFuncGetAttributes(&attributes, reinterpret_cast<const void *>(kernel));
}

/* `count` values of T in shared memory, without the cost of an object. tile + n begins n values
 * later (n may be negative, within the span that `tile` was cut from). */
template <typename T> struct shared_span {
    T *values;

    __device__ __forceinline__ T &operator[](int i) const
    {
        return values[i];
    }
    __device__ __forceinline__ shared_span operator+(int offset) const
    {
        return shared_span{values + offset};
    }
};

/* Hands out the block's dynamic shared memory in order, each span at a multiple of 16 bytes. A copy
 * continues where the original was when it was copied. So two phases of a kernel can share bytes:
 * each takes from its own copy, with a barrier between the phases. */
struct shared_memory {
    unsigned char *next;

    template <typename T> __device__ __forceinline__ shared_span<T> take(int count)
    {
        shared_span<T> span = {reinterpret_cast<T *>(next)};
        next += (static_cast<unsigned>(count) * sizeof(T) + 15u) & ~15u;
        return span;
    }
};

extern __shared__ __align__(16) unsigned char shared_memory_bytes[];

/* All of the block's shared memory, from its beginning at every use. */
#define SHARED_MEMORY() (shared_memory{shared_memory_bytes})

/* Vectors at value i of a span; the place is aligned to the vector's size. */
__device__ __forceinline__ float4 load4(shared_span<float> span, int i)
{
    return *reinterpret_cast<const float4 *>(span.values + i);
}
__device__ __forceinline__ uint4 load4(shared_span<uint32_t> span, int i)
{
    return *reinterpret_cast<const uint4 *>(span.values + i);
}
__device__ __forceinline__ uint2 load2(shared_span<uint32_t> span, int i)
{
    return *reinterpret_cast<const uint2 *>(span.values + i);
}
__device__ __forceinline__ void store4(shared_span<float> span, int i, float4 v)
{
    *reinterpret_cast<float4 *>(span.values + i) = v;
}
__device__ __forceinline__ void store4(shared_span<uint32_t> span, int i, uint4 v)
{
    *reinterpret_cast<uint4 *>(span.values + i) = v;
}
__device__ __forceinline__ void store2(shared_span<float> span, int i, float2 v)
{
    *reinterpret_cast<float2 *>(span.values + i) = v;
}
__device__ __forceinline__ void store2(shared_span<uint32_t> span, int i, uint2 v)
{
    *reinterpret_cast<uint2 *>(span.values + i) = v;
}

/* Adds to span[i] and returns the value before. */
template <typename T>
__device__ __forceinline__ T atomic_add(shared_span<T> span, int i,
                                        typename plain_type<T>::type value)
{
    return atomicAdd(span.values + i, value);
}

/* The nearest tf32, ties away from zero (cvt.rna): 8 bits of exponent, 10 of mantissa, in the upper
 * 19 bits of a float's word. */
__device__ __forceinline__ uint32_t to_tf32(float value)
{
    uint32_t bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
    return bits;
}

/* The nearest bf16 of each, ties to even; `low` in the low 16 bits. */
__device__ __forceinline__ uint32_t pack_bf16(float low, float high)
{
    uint32_t pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
}

/* d += a b, by a whole warp: A [16,8], B [8,8], D [16,8]. With group = lane / 4, member = lane % 4
 * each lane holds (PTX ISA, "Matrix Fragments for mma.m16n8k8", .tf32)
 *   a[0] A[group][member]       a[1] A[group + 8][member]
 *   a[2] A[group][member + 4]   a[3] A[group + 8][member + 4]
 *   b[0] B[member][group]       b[1] B[member + 4][group]
 *   d[0] D[group][2 member]     d[1] D[group][2 member + 1]
 *   d[2] D[group + 8][2 member] d[3] D[group + 8][2 member + 1]
 * Operands come from to_tf32. */
__device__ __forceinline__ void mma_tf32_16x8x8(float (&d)[4], const uint32_t (&a)[4],
                                                const uint32_t (&b)[2])
{
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/* d += a b, by a whole warp: A [16,16], B [16,8], D [16,8]. Each lane holds pairs of bf16, of the
 * lower index in the low bits ("Matrix Fragments for mma.m16n8k16 with floating point type"):
 *   a[0] A[group][2 member, + 1]      a[1] A[group + 8][2 member, + 1]
 *   a[2] A[group][2 member + 8, + 9]  a[3] A[group + 8][2 member + 8, + 9]
 *   b[0] B[2 member, + 1][group]      b[1] B[2 member + 8, + 9][group]
 *   d as above. */
__device__ __forceinline__ void mma_bf16_16x8x16(float (&d)[4], const uint32_t (&a)[4],
                                                 const uint32_t (&b)[2])
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/* Starts to copy 16 bytes from global memory to value i of a span; both addresses are multiples of
 * 16 bytes. If `valid` is false it writes zeros and reads nothing. The copying thread may use the
 * values after copy_async_wait, other threads after a barrier that follows it. No thread may access
 * them earlier. */
template <typename T>
__device__ __forceinline__ void copy_async16(shared_span<T> span, int i, const void *global,
                                             bool valid = true)
{
    const unsigned place = static_cast<unsigned>(__cvta_generic_to_shared(span.values + i));
    const int source_bytes = valid ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                 :
                 : "r"(place), "l"(global), "r"(source_bytes)
                 : "memory");
}

/* Makes one group of the copies that this thread started since the last group. */
__device__ __forceinline__ void copy_async_commit()
{
    asm volatile("cp.async.commit_group;" ::: "memory");
}

/* Waits until at most the latest N groups of this thread are unfinished. */
template <int N> __device__ __forceinline__ void copy_async_wait()
{
    asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

/* A thread that sees a write made after the fence also sees all writes made before it: any thread
 * of this device, or, with _system, any thread of any host or device. */
__device__ __forceinline__ void device_fence()
{
    __threadfence();
}
__device__ __forceinline__ void device_fence_system()
{
    __threadfence_system();
}

#endif
#endif
