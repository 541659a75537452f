/* CUDA's functions that the host's headers lack. */
#ifndef CUDA_HOST_MATH_H
#define CUDA_HOST_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <type_traits>

template <typename T> struct plain_type {
    typedef T type;
};

template <typename T> inline T __ldg(const T *place)
{
    return *place;
}
template <typename T> inline T atomicAdd(T *place, typename plain_type<T>::type value)
{
    static_assert(!std::is_floating_point<T>::value, "sums of floats have a fixed order");
    const T before = *place;
    *place = static_cast<T>(before + value);
    return before;
}
inline int min(int a, int b)
{
    return a < b ? a : b;
}
inline int max(int a, int b)
{
    return a > b ? a : b;
}
inline unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}
inline unsigned max(unsigned a, unsigned b)
{
    return a > b ? a : b;
}
inline unsigned long min(unsigned long a, unsigned long b)
{
    return a < b ? a : b;
}
inline unsigned long max(unsigned long a, unsigned long b)
{
    return a > b ? a : b;
}
inline unsigned long long min(unsigned long long a, unsigned long long b)
{
    return a < b ? a : b;
}
inline unsigned long long max(unsigned long long a, unsigned long long b)
{
    return a > b ? a : b;
}
inline float min(float a, float b)
{
    return fminf(a, b);
}
inline float max(float a, float b)
{
    return fmaxf(a, b);
}
inline double min(double a, double b)
{
    return fmin(a, b);
}
inline double max(double a, double b)
{
    return fmax(a, b);
}
inline uint32_t __float_as_uint(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}
inline float __uint_as_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
inline int __popc(unsigned bits)
{
    return __builtin_popcount(bits);
}
inline int __ffs(int bits)
{
    return __builtin_ffs(bits);
}
inline int __clz(int bits)
{
    return bits == 0 ? 32 : __builtin_clz(unsigned(bits));
}
inline unsigned __umulhi(unsigned a, unsigned b)
{
    return unsigned((uint64_t(a) * b) >> 32);
}

#endif
