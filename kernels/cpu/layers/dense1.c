/* Dense 128 over 9216 inputs, 98 % of the parameters. Most inputs are 0, closed by ReLU or dropout
 * (some 70 % on MNIST), so all three products use only the others, which the argmaxes show. The
 * skipped terms are exact zeros. A row of the kernel, the 128 weights of one input, fills half of
 * AVX-512's registers.
 *
 * The backward pass goes over a row once. It computes the products with the gradients of the
 * samples in which the input is not 0, the row's gradient, which sums those gradients times the
 * input, and the row's update. Bound of the forward pass: the loads, one for each multiply-add.
 * Bound of the backward pass: the multiply-adds; at small batches also the update's divisions and
 * roots, and the bandwidth of the outer caches, which hold weights and moments. */
#include "adam.h"
#include "layers.h"

#include <stdbool.h>

enum {
    OUT = LENET_DENSE1,
    BLOCK = CPU_DENSE1_BLOCK,
    SAMPLES = 64, /* of one backward pass: one bit of a word each, like a block's inputs */
    LINE = 16,    /* floats of a cache line */
    AHEAD = 4,    /* samples (forward) and rows (backward) from a prefetch to its use */
};

/* A row is processed in passes that fit into the registers beside their operands. */
#if defined(CPU_ISA_AVX512)
enum { PASS = 128 };
#elif defined(CPU_ISA_AVX2)
enum { PASS = 64 };
#else
enum { PASS = 32 };
#endif
enum { PASS_VECTORS = PASS / VEC };

/* Bit i is set if input i of a block is not 0. */
VEC_INLINE uint64_t open_inputs(const uint8_t *argmax)
{
    return ~vec_bytes_equal(argmax, CPU_ROUTE_NONE);
}

/* sums[PASS] += a block's open inputs times that part of their rows of the kernel. */
VEC_INLINE void add_block(const float *inputs, uint64_t open, const float *kernel, float *sums)
{
    vec sum[PASS_VECTORS];
    VEC_UNROLL
    for (int v = 0; v < PASS_VECTORS; v++) {
        sum[v] = vec_load(sums + v * VEC);
    }
    for (uint64_t set = open; set != 0; set &= set - 1) {
        const int i = __builtin_ctzll(set);
        const vec input = vec_all(inputs[i]);
        VEC_UNROLL
        for (int v = 0; v < PASS_VECTORS; v++) {
            sum[v] = vec_fma(input, vec_load(kernel + i * OUT + v * VEC), sum[v]);
        }
    }
    VEC_UNROLL
    for (int v = 0; v < PASS_VECTORS; v++) {
        vec_store(sums + v * VEC, sum[v]);
    }
}

/* Prefetches a block's inputs of a sample. They lie 37 KB after those of the sample before, a
 * stride that the processor's prefetcher does not follow. */
VEC_INLINE void prefetch_inputs(const float *pooled, const uint8_t *argmax, size_t sample,
                                size_t first)
{
    __builtin_prefetch(argmax + sample * LENET_FLAT + first);
    for (size_t i = 0; i < BLOCK; i += LINE) {
        __builtin_prefetch(pooled + sample * CPU_POOL_STRIDE + first + i);
    }
}

void CPU_NAME(dense1_forward)(const float *pooled, const uint8_t *argmax, uint32_t n,
                              const float *kernel, unsigned split, float *sums)
{
    memset(sums, 0, (size_t)n * OUT * sizeof *sums);
    for (size_t block = 0; block < CPU_DENSE1_SPLIT; block += BLOCK) {
        const size_t first = (size_t)split * CPU_DENSE1_SPLIT + block;
        const float *next = kernel + (first + BLOCK) * OUT;
        const size_t ahead = first + BLOCK < LENET_FLAT ? BLOCK * OUT : 0;
        for (size_t sample = 0; sample < n; sample++) {
            /* The rows follow no pattern that the processor's prefetcher would detect. */
            for (size_t i = sample * ahead / n; i < (sample + 1) * ahead / n; i += LINE) {
                __builtin_prefetch(next + i, 0, 2);
            }
            const size_t later = sample + AHEAD;
            if (later < n) {
                prefetch_inputs(pooled, argmax, later, first);
            } else if (ahead > 0 && later < 2 * (size_t)n) {
                prefetch_inputs(pooled, argmax, later - n, first + BLOCK);
            }
            for (size_t pass = 0; pass < OUT; pass += PASS) {
                add_block(pooled + sample * CPU_POOL_STRIDE + first,
                          open_inputs(argmax + sample * LENET_FLAT + first),
                          kernel + first * OUT + pass, sums + sample * OUT + pass);
            }
        }
    }
}

/* Exchanges rows and columns of 64x64 bits: in each round the off-diagonal quarters of ever smaller
 * squares. */
static void transpose_bits(uint64_t *rows)
{
    uint64_t low = UINT64_C(0xFFFFFFFF);
    for (int half = 32; half > 0; half /= 2, low ^= low << half) {
        for (int square = 0; square < 64; square += 2 * half) {
            for (int i = square; i < square + half; i++) {
                const uint64_t exchange = (rows[i] >> half ^ rows[i + half]) & low;
                rows[i] ^= exchange << half;
                rows[i + half] ^= exchange;
            }
        }
    }
}

/* samples[i], bit s: is input `first` + i of sample s open? Of `count` samples, at most 64. */
static void find_samples(const uint8_t *argmax, size_t count, uint64_t samples[BLOCK])
{
    for (size_t s = 0; s < count; s++) {
        samples[s] = open_inputs(argmax + s * LENET_FLAT);
    }
    memset(samples + count, 0, (BLOCK - count) * sizeof *samples);
    transpose_bits(samples);
}

/* A part of one row, from input i of the samples: gradient[PASS] += the sum of inputs[i]
 * preactivation_gradient, from 0 if `fresh`. If `has_products` (a compile-time constant), also the
 * input's gradient: products[i] += kernel[PASS] preactivation_gradient, from 0 in the first
 * pass. */
VEC_INLINE void row_pass(uint64_t samples, const float *inputs, const float *preactivation_gradient,
                         bool has_products, const float *kernel, int pass, bool fresh,
                         float *gradient, float *products)
{
    vec sum[PASS_VECTORS];
    vec weight[PASS_VECTORS];
    VEC_UNROLL
    for (int v = 0; v < PASS_VECTORS; v++) {
        sum[v] = fresh ? vec_all(0) : vec_load(gradient + pass + v * VEC);
        weight[v] = has_products ? vec_load(kernel + pass + v * VEC) : vec_all(0);
    }
    for (; samples != 0; samples &= samples - 1) {
        const size_t s = (size_t)__builtin_ctzll(samples);
        const vec input = vec_all(inputs[s * CPU_POOL_STRIDE]);
        const float *from = preactivation_gradient + s * OUT + pass;
        vec product[2] = {vec_all(0), vec_all(0)};
        VEC_UNROLL
        for (int v = 0; v < PASS_VECTORS; v++) {
            const vec g = vec_load(from + v * VEC);
            sum[v] = vec_fma(input, g, sum[v]);
            product[v % 2] = vec_fma(weight[v], g, product[v % 2]);
        }
        if (has_products) {
            float *to = products + s * CPU_POOL_STRIDE;
            *to = (pass == 0 ? 0 : *to) + vec_total(product[0] + product[1]);
        }
    }
    VEC_UNROLL
    for (int v = 0; v < PASS_VECTORS; v++) {
        vec_store(gradient + pass + v * VEC, sum[v]);
    }
}

void CPU_NAME(dense1_kernel_gradient)(const float *pooled, const uint8_t *argmax,
                                      const float *preactivation_gradient, uint32_t n,
                                      unsigned block, float (*gradient)[OUT])
{
    const size_t first = (size_t)block * BLOCK;
    for (size_t begin = 0; begin < n; begin += SAMPLES) {
        uint64_t samples[BLOCK];
        find_samples(argmax + begin * LENET_FLAT + first, n - begin < SAMPLES ? n - begin : SAMPLES,
                     samples);
        for (size_t i = 0; i < BLOCK; i++) {
            for (int pass = 0; pass < OUT; pass += PASS) {
                row_pass(samples[i], pooled + begin * CPU_POOL_STRIDE + first + i,
                         preactivation_gradient + begin * OUT, false, NULL, pass, begin == 0,
                         gradient[i], NULL);
            }
        }
    }
}

/* Prefetches the block's inputs of `count` samples and their gradients, which all rows need. */
VEC_INLINE void prefetch_samples(const float *pooled, const float *pooled_gradient, size_t count)
{
    for (size_t s = 0; s < count; s++) {
        for (size_t i = 0; i < BLOCK; i += LINE) {
            __builtin_prefetch(pooled + s * CPU_POOL_STRIDE + i, 0, 2);
            __builtin_prefetch(pooled_gradient + s * CPU_POOL_STRIDE + i, 0, 2);
        }
    }
}

/* Prefetches a row of weights and its moments, which will be written. */
VEC_INLINE void prefetch_row(const cpu_dense1_weights *weights, size_t row)
{
    for (size_t i = 0; i < OUT; i += LINE) {
        __builtin_prefetch(weights->kernel + row + i, 1);
        __builtin_prefetch(weights->moment_m + row + i, 1);
        __builtin_prefetch(weights->moment_v + row + i, 1);
    }
}

void CPU_NAME(dense1_backward)(const cpu_dense1_weights *weights, const float *pooled,
                               const uint8_t *argmax, const float *preactivation_gradient,
                               uint32_t n, unsigned block, float (*gradient)[OUT],
                               float *pooled_gradient)
{
    const size_t first = (size_t)block * BLOCK;
    const adam_vectors adam = adam_broadcast(weights->adam);
    /* Gradients that are not stored share one buffer in the cache. */
    const bool kept = n > SAMPLES || !weights->first || !weights->last;
    for (size_t begin = 0; begin < n; begin += SAMPLES) {
        const bool end = n - begin <= SAMPLES;
        const size_t at = begin * CPU_POOL_STRIDE + first;
        uint64_t samples[BLOCK];
        find_samples(argmax + begin * LENET_FLAT + first, end ? n - begin : SAMPLES, samples);
        prefetch_samples(pooled + at, pooled_gradient + at, end ? n - begin : SAMPLES);
        const bool updated = end && weights->last;
        for (size_t i = 0; i < BLOCK; i++) {
            const size_t row = (first + i) * OUT;
            if (updated && first + i + AHEAD < LENET_FLAT) {
                prefetch_row(weights, row + AHEAD * OUT);
            }
            float *row_gradient = gradient[kept ? i : 0];
            for (int pass = 0; pass < OUT; pass += PASS) {
                row_pass(samples[i], pooled + at + i, preactivation_gradient + begin * OUT, true,
                         weights->kernel + row, pass, weights->first && begin == 0, row_gradient,
                         pooled_gradient + at + i);
            }
            if (updated) {
                adam_update(&adam, weights->kernel + row, weights->moment_m + row,
                            weights->moment_v + row, row_gradient, OUT);
            }
        }
    }
}
