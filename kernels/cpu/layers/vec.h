/* One name for the machine's vectors of floats, so that each kernel is written once and compiled
 * once for each instruction set: CPU_ISA_AVX512, CPU_ISA_AVX2, or neither (4 floats in the
 * compiler's own vector types, which every machine has). CPU_NAME(name) is a kernel's name in the
 * instruction set. Files with the products of product.h are compiled once more with CPU_BF16; the
 * table for bf16 has all other functions, CPU_FP32(name), in fp32.
 *
 * Arithmetic operators and comparisons work on vec as the compiler defines them. Products are
 * fused with sums only where vec_fma says so. */
#ifndef KERNELS_CPU_VEC_H
#define KERNELS_CPU_VEC_H

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#else
#include <math.h>
#endif

#if defined(CPU_BF16) /* CPU_ISA_AVX512, too */
#define CPU_ISA_NAME   "avx512"
#define CPU_NAME(name) name##_avx512_bf16
#define CPU_FP32(name) name##_avx512
enum { VEC = 16 };
#elif defined(CPU_ISA_AVX512)
#define CPU_ISA_NAME   "avx512"
#define CPU_NAME(name) name##_avx512
enum { VEC = 16 };
#elif defined(CPU_ISA_AVX2)
#define CPU_ISA_NAME   "avx2"
#define CPU_NAME(name) name##_avx2
enum { VEC = 8 };
#else
#define CPU_ISA_NAME   "portable"
#define CPU_NAME(name) name##_portable
enum { VEC = 4 };
#endif

#if defined(CPU_BF16)
enum { CPU_HAS_BF16 = 1 };
#else
#define CPU_FP32(name) CPU_NAME(name)
enum { CPU_HAS_BF16 = 0 };
#endif

typedef float vec __attribute__((vector_size(VEC * sizeof(float))));
typedef int32_t vec_int __attribute__((vector_size(VEC * sizeof(int32_t))));
typedef uint64_t vec_long __attribute__((vector_size(VEC * sizeof(float))));

#define VEC_INLINE static inline __attribute__((always_inline))
/* Unrolls the following loop, whose count is a constant once inlined. */
#define VEC_UNROLL _Pragma("GCC unroll 32")

VEC_INLINE vec vec_load(const float *from)
{
    vec v;
    memcpy(&v, from, sizeof v);
    return v;
}

VEC_INLINE void vec_store(float *to, vec v)
{
    memcpy(to, &v, sizeof v);
}

VEC_INLINE vec vec_all(float value)
{
#if defined(CPU_ISA_AVX512)
    return (vec)_mm512_set1_ps(value);
#elif defined(CPU_ISA_AVX2)
    return (vec)_mm256_set1_ps(value);
#else
    return (vec){value, value, value, value};
#endif
}

/* a * b + c, with one rounding if the instruction set has such an instruction. */
VEC_INLINE vec vec_fma(vec a, vec b, vec c)
{
#if defined(CPU_ISA_AVX512)
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(CPU_ISA_AVX2)
    return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return a * b + c;
#endif
}

VEC_INLINE vec vec_sqrt(vec a)
{
#if defined(CPU_ISA_AVX512)
    return (vec)_mm512_sqrt_ps((__m512)a);
#elif defined(CPU_ISA_AVX2)
    return (vec)_mm256_sqrt_ps((__m256)a);
#elif defined(__x86_64__)
    return (vec)_mm_sqrt_ps((__m128)a);
#else
    return (vec){sqrtf(a[0]), sqrtf(a[1]), sqrtf(a[2]), sqrtf(a[3])};
#endif
}

/* The products of the low 32 bits of each element of `a` with `b`. */
VEC_INLINE vec_long vec_product_of_low(vec_long a, uint32_t b)
{
#if defined(CPU_ISA_AVX512)
    return (vec_long)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(b));
#elif defined(CPU_ISA_AVX2)
    return (vec_long)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(b));
#elif defined(__x86_64__)
    return (vec_long)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(b));
#else
    return (a & UINT32_MAX) * b;
#endif
}

/* The sum of the elements: one half is added to the other, repeatedly, until one is left. */
VEC_INLINE float vec_total(vec a)
{
#if defined(__x86_64__)
#if defined(CPU_ISA_AVX512)
    const __m256 eight =
        _mm256_add_ps(_mm512_castps512_ps256((__m512)a), _mm512_extractf32x8_ps((__m512)a, 1));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
#elif defined(CPU_ISA_AVX2)
    const __m128 four =
        _mm_add_ps(_mm256_castps256_ps128((__m256)a), _mm256_extractf128_ps((__m256)a, 1));
#else
    const __m128 four = (__m128)a;
#endif
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
#else
    return (a[0] + a[2]) + (a[1] + a[3]);
#endif
}

/* `a` where the mask (a comparison's result) is set, else 0. */
VEC_INLINE vec vec_where(vec_int mask, vec a)
{
    return (vec)((vec_int)a & mask);
}

/* VEC bytes as integers. */
VEC_INLINE vec_int vec_widen(const uint8_t *bytes)
{
#if defined(CPU_ISA_AVX512)
    return (vec_int)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)bytes));
#elif defined(CPU_ISA_AVX2)
    return (vec_int)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)bytes));
#else
    return (vec_int){bytes[0], bytes[1], bytes[2], bytes[3]};
#endif
}

/* Stores the elements, which are below 128, as VEC bytes. */
VEC_INLINE void vec_store_narrow(uint8_t *to, vec_int a)
{
#if defined(CPU_ISA_AVX512)
    _mm_storeu_si128((__m128i *)(void *)to, _mm512_cvtepi32_epi8((__m512i)a));
#elif defined(CPU_ISA_AVX2)
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128((__m256i)a),
                                          _mm256_extracti128_si256((__m256i)a, 1));
    _mm_storel_epi64((__m128i *)(void *)to, _mm_packs_epi16(words, words));
#else
    for (int i = 0; i < VEC; i++) {
        to[i] = (uint8_t)a[i];
    }
#endif
}

/* `a` where the mask is set, else `b`. */
VEC_INLINE vec vec_select(vec_int mask, vec a, vec b)
{
    return (vec)(((vec_int)a & mask) | ((vec_int)b & ~mask));
}

/* `a`, but 0 where its magnitude is below `smallest`. */
VEC_INLINE vec vec_flush_below(vec a, float smallest)
{
    const vec magnitude = (vec)((vec_int)a & INT32_MAX);
    return vec_where(~(magnitude < vec_all(smallest)), a); /* keeps NaN */
}

VEC_INLINE vec vec_relu(vec a)
{
    return vec_where(a > vec_all(0), a);
}

/* Bit i of the result is set if the mask's element i is. */
VEC_INLINE unsigned vec_bits(vec_int mask)
{
#if defined(CPU_ISA_AVX512)
    return _mm512_movepi32_mask((__m512i)mask);
#elif defined(CPU_ISA_AVX2)
    return (unsigned)_mm256_movemask_ps((__m256)mask);
#elif defined(__x86_64__)
    return (unsigned)_mm_movemask_ps((__m128)mask);
#else
    return (unsigned)((mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8));
#endif
}

/* Bit i of the result is set if bytes[i] == value, for 64 bytes. */
VEC_INLINE uint64_t vec_bytes_equal(const uint8_t *bytes, uint8_t value)
{
#if defined(CPU_ISA_AVX512)
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(bytes), _mm512_set1_epi8((char)value));
#elif defined(__x86_64__)
    uint64_t mask = 0;
    for (int i = 0; i < 64; i += 16) {
        const __m128i here = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
        const int bits = _mm_movemask_epi8(_mm_cmpeq_epi8(here, _mm_set1_epi8((char)value)));
        mask |= (uint64_t)(uint32_t)bits << i;
    }
    return mask;
#else
    uint64_t mask = 0;
    for (int i = 0; i < 64; i++) {
        mask |= (uint64_t)(bytes[i] == value) << i;
    }
    return mask;
#endif
}

#endif
