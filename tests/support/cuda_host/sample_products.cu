/* Products on the tensor cores. */
#include "device.cuh"
#include "sample_kernels.h"

static __device__ void load_sums(float (&d)[4], const float *from)
{
    const unsigned group = threadIdx.x / 4, member = threadIdx.x % 4;
    for (unsigned i = 0; i < 4; i++) {
        d[i] = from[(group + 8 * (i / 2)) * 8 + 2 * member + i % 2];
    }
}

static __device__ void store_sums(float *to, const float (&d)[4])
{
    const unsigned group = threadIdx.x / 4, member = threadIdx.x % 4;
    for (unsigned i = 0; i < 4; i++) {
        to[(group + 8 * (i / 2)) * 8 + 2 * member + i % 2] = d[i];
    }
}

static __global__ void __launch_bounds__(32)
    product_tf32(const float *a, const float *b, float *d, unsigned times)
{
    const unsigned group = threadIdx.x / 4, member = threadIdx.x % 4;
    const uint32_t a_part[4] = {
        to_tf32(a[group * 8 + member]), to_tf32(a[(group + 8) * 8 + member]),
        to_tf32(a[group * 8 + member + 4]), to_tf32(a[(group + 8) * 8 + member + 4])};
    const uint32_t b_part[2] = {to_tf32(b[member * 8 + group]),
                                to_tf32(b[(member + 4) * 8 + group])};
    float sums[4];
    load_sums(sums, d);
    for (unsigned t = 0; t < times; t++) {
        mma_tf32_16x8x8(sums, a_part, b_part);
    }
    store_sums(d, sums);
}

static __global__ void __launch_bounds__(32)
    product_bf16(const float *a, const float *b, float *d, unsigned times)
{
    const unsigned group = threadIdx.x / 4, member = threadIdx.x % 4;
    uint32_t a_part[4], b_part[2];
    for (unsigned i = 0; i < 4; i++) {
        const float *pair = a + (group + 8 * (i % 2)) * 16 + 2 * member + 8 * (i / 2);
        a_part[i] = pack_bf16(pair[0], pair[1]);
    }
    for (unsigned i = 0; i < 2; i++) {
        const float *pair = b + (2 * member + 8 * i) * 8 + group;
        b_part[i] = pack_bf16(pair[0], pair[8]);
    }
    float sums[4];
    load_sums(sums, d);
    for (unsigned t = 0; t < times; t++) {
        mma_bf16_16x8x16(sums, a_part, b_part);
    }
    store_sums(d, sums);
}

cudaError_t sample_multiply(sample_product product, const float *a, const float *b, float *d,
                            unsigned times, cudaStream_t stream)
{
    switch (product) {
    case SAMPLE_TF32:
        return LAUNCH(product_tf32, 1, 32, 0, stream, a, b, d, times);
    case SAMPLE_BF16:
        return LAUNCH(product_bf16, 1, 32, 0, stream, a, b, d, times);
    case SAMPLE_PRODUCTS:
        break;
    }
    return cudaErrorInvalidValue;
}
