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
typedef struct float4 {
    CUDA_HOST_ALIGNED(16) float x;
    float y, z, w;
} float4;
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

typedef struct dim3 {
    unsigned x, y, z;
#ifdef __cplusplus
    constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_)
    {
    }
#endif
} dim3;

#endif
