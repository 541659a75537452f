/* CUDA's vector types and dim3, on the host. */
#ifndef CUDA_HOST_VECTORS_H
#define CUDA_HOST_VECTORS_H

#include <stdint.h>

#ifdef __cplusplus
#define CUDA_HOST_ALIGNED(bytes) alignas(bytes)
#else
#define CUDA_HOST_ALIGNED(bytes) _Alignas(bytes)
#endif

typedef struct float2 {
    CUDA_HOST_ALIGNED(8) float x;
    float y;
} float2;
typedef struct float3 {
    float x, y, z;
} float3;
typedef struct float4 {
    CUDA_HOST_ALIGNED(16) float x;
    float y, z, w;
} float4;
typedef struct double2 {
    CUDA_HOST_ALIGNED(16) double x;
    double y;
} double2;
typedef struct int2 {
    CUDA_HOST_ALIGNED(8) int x;
    int y;
} int2;
typedef struct int4 {
    CUDA_HOST_ALIGNED(16) int x;
    int y, z, w;
} int4;
typedef struct uint2 {
    CUDA_HOST_ALIGNED(8) unsigned x;
    unsigned y;
} uint2;
typedef struct uint3 {
    unsigned x, y, z;
} uint3;
typedef struct uint4 {
    CUDA_HOST_ALIGNED(16) unsigned x;
    unsigned y, z, w;
} uint4;
typedef struct uchar4 {
    CUDA_HOST_ALIGNED(4) unsigned char x;
    unsigned char y, z, w;
} uchar4;

typedef struct dim3 {
    unsigned x, y, z;
#ifdef __cplusplus
    constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_)
    {
    }
#endif
} dim3;

#ifdef __cplusplus
inline float2 make_float2(float x, float y)
{
    return {x, y};
}
inline float3 make_float3(float x, float y, float z)
{
    return {x, y, z};
}
inline float4 make_float4(float x, float y, float z, float w)
{
    return {x, y, z, w};
}
inline double2 make_double2(double x, double y)
{
    return {x, y};
}
inline int2 make_int2(int x, int y)
{
    return {x, y};
}
inline int4 make_int4(int x, int y, int z, int w)
{
    return {x, y, z, w};
}
inline uint2 make_uint2(unsigned x, unsigned y)
{
    return {x, y};
}
inline uint3 make_uint3(unsigned x, unsigned y, unsigned z)
{
    return {x, y, z};
}
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w)
{
    return {x, y, z, w};
}
inline uchar4 make_uchar4(unsigned char x, unsigned char y, unsigned char z, unsigned char w)
{
    return {x, y, z, w};
}
#endif

#endif
