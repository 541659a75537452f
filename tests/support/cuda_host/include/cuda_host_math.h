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
inline unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
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

#endif
