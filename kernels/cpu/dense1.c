/* Dense 128 over 9216 inputs, 98 % of the parameters. Most inputs are 0, closed by ReLU or
 * dropout (some 70 % on MNIST), so all three products go over the others alone, as the routes tell
 * them; the terms left out are exact zeros. A row of the kernel, the 128 weights of one input,
 * fills half of AVX-512's registers.
 *
 * Backward a row is taken up once: its products with the gradients of the samples that have the
 * input, the sum of those gradients, which is its own, and its update. Bound: forward the loads,
 * one for each multiply-add; backward the multiply-adds, and at small batches the divisions and
 * roots of the update and the bandwidth of the outer caches, which hold weights and moments. */
#include "adam.h"
#include "layers.h"

#include <stdbool.h>

enum { OUT = LENET_DENSE1, BLOCK = CPU_DENSE1_BLOCK };

/* A row is worked on in passes that fit into the registers beside their operands. */
#if defined(CPU_ISA_AVX512)
enum { PASS = 128 };
#elif defined(CPU_ISA_AVX2)
enum { PASS = 64 };
#else
enum { PASS = 32 };
#endif
enum { PASS_VECTORS = PASS / VEC };

/* Bit i is set where input i of a block is not 0. */
VEC_INLINE uint64_t open_inputs(const uint8_t *route)
{
    return ~vec_bytes_equal(route, CPU_ROUTE_NONE);
}

/* sums[128] += the block's inputs times their rows of the kernel. */
static void add_block(const float *inputs, const uint8_t *route, const float *kernel, float *sums)
{
    const uint64_t open = open_inputs(route);
    for (int pass = 0; pass < OUT; pass += PASS) {
        vec sum[PASS_VECTORS];
        VEC_UNROLL
        for (int v = 0; v < PASS_VECTORS; v++) {
            sum[v] = vec_load(sums + pass + v * VEC);
        }
        for (uint64_t set = open; set != 0; set &= set - 1) {
            const int i = __builtin_ctzll(set);
            const vec input = vec_all(inputs[i]);
            const float *row = kernel + i * OUT + pass;
            VEC_UNROLL
            for (int v = 0; v < PASS_VECTORS; v++) {
                sum[v] = vec_fma(input, vec_load(row + v * VEC), sum[v]);
            }
        }
        VEC_UNROLL
        for (int v = 0; v < PASS_VECTORS; v++) {
            vec_store(sums + pass + v * VEC, sum[v]);
        }
    }
}

void CPU_NAME(dense1_forward)(const float *pooled, const uint8_t *route, uint32_t n,
                              const float *kernel, unsigned split, float *sums)
{
    memset(sums, 0, (size_t)n * OUT * sizeof *sums);
    for (size_t block = 0; block < CPU_DENSE1_SPLIT; block += BLOCK) {
        const size_t first = (size_t)split * CPU_DENSE1_SPLIT + block;
        for (size_t sample = 0; sample < n; sample++) {
            add_block(pooled + sample * CPU_POOL_STRIDE + first,
                      route + sample * LENET_FLAT + first, kernel + first * OUT,
                      sums + sample * OUT);
        }
    }
}

/* The block's open inputs in samples [begin, end), by row, the samples in ascending order. */
static void list_inputs(const float *pooled, const uint8_t *route, uint32_t begin, uint32_t end,
                        size_t first, cpu_dense1_scratch *s)
{
    memset(s->count, 0, sizeof s->count);
    for (uint32_t sample = begin; sample < end; sample++) {
        const float *inputs = pooled + sample * (size_t)CPU_POOL_STRIDE + first;
        uint64_t set = open_inputs(route + sample * (size_t)LENET_FLAT + first);
        for (; set != 0; set &= set - 1) {
            const int i = __builtin_ctzll(set);
            s->entry[i][s->count[i]++] = (struct cpu_dense1_input){sample, inputs[i]};
        }
    }
}

/* A part of one row: gradient[PASS] += the sum over the entries of input * sums_gradient, from 0
 * where `fresh`. With `kernel`, also product[e] += kernel[PASS] * sums_gradient of entry e. */
VEC_INLINE void row_pass(const struct cpu_dense1_input *entry, uint32_t count,
                         const float *sums_gradient, const float *kernel, bool fresh,
                         float *gradient, float *product)
{
    vec sum[PASS_VECTORS];
    vec weight[PASS_VECTORS];
    VEC_UNROLL
    for (int v = 0; v < PASS_VECTORS; v++) {
        sum[v] = fresh ? vec_all(0) : vec_load(gradient + v * VEC);
        weight[v] = kernel == NULL ? vec_all(0) : vec_load(kernel + v * VEC);
    }
    for (uint32_t e = 0; e < count; e++) {
        const vec input = vec_all(entry[e].input);
        const float *from = sums_gradient + (size_t)entry[e].sample * OUT;
        vec dot[2] = {vec_all(0), vec_all(0)};
        VEC_UNROLL
        for (int v = 0; v < PASS_VECTORS; v++) {
            const vec g = vec_load(from + v * VEC);
            sum[v] = vec_fma(input, g, sum[v]);
            if (kernel != NULL) {
                dot[v % 2] = vec_fma(weight[v], g, dot[v % 2]);
            }
        }
        if (kernel != NULL) {
            product[e] += vec_total(dot[0] + dot[1]);
        }
    }
    VEC_UNROLL
    for (int v = 0; v < PASS_VECTORS; v++) {
        vec_store(gradient + v * VEC, sum[v]);
    }
}

void CPU_NAME(dense1_kernel_gradient)(const float *pooled, const uint8_t *route,
                                      const float *sums_gradient, uint32_t n, unsigned block,
                                      cpu_dense1_scratch *s)
{
    for (uint32_t begin = 0; begin < n; begin += CPU_DENSE1_SAMPLES) {
        const uint32_t end = n - begin < CPU_DENSE1_SAMPLES ? n : begin + CPU_DENSE1_SAMPLES;
        list_inputs(pooled, route, begin, end, (size_t)block * BLOCK, s);
        for (int i = 0; i < BLOCK; i++) {
            for (int pass = 0; pass < OUT; pass += PASS) {
                row_pass(s->entry[i], s->count[i], sums_gradient + pass, NULL, begin == 0,
                         s->gradient[i] + pass, NULL);
            }
        }
    }
}

/* Row `i` of the block: its samples' products to pooled_gradient, its gradient, and, after the
 * last samples, its update. */
static void row_backward(const cpu_dense1_weights *weights, const adam_vectors *adam,
                         const float *sums_gradient, const cpu_dense1_scratch *s, size_t i,
                         size_t input, bool fresh, bool last, float *gradient,
                         float *pooled_gradient)
{
    const struct cpu_dense1_input *entry = s->entry[i];
    const uint32_t count = s->count[i];
    float product[CPU_DENSE1_SAMPLES];
    memset(product, 0, count * sizeof *product);
    for (size_t pass = 0; pass < OUT; pass += PASS) {
        const size_t at = input * OUT + pass;
        row_pass(entry, count, sums_gradient + pass, weights->kernel + at, fresh, gradient + pass,
                 product);
        if (last) {
            adam_update(adam, weights->kernel + at, weights->moment_m + at, weights->moment_v + at,
                        gradient + pass, PASS);
        }
    }
    for (uint32_t e = 0; e < count; e++) {
        pooled_gradient[entry[e].sample * (size_t)CPU_POOL_STRIDE + input] = product[e];
    }
}

void CPU_NAME(dense1_backward)(const cpu_dense1_weights *weights, const float *pooled,
                               const uint8_t *route, const float *sums_gradient, uint32_t n,
                               unsigned block, cpu_dense1_scratch *s, float *pooled_gradient)
{
    const size_t first = (size_t)block * BLOCK;
    const adam_vectors adam = adam_broadcast(weights->adam);
    for (uint32_t begin = 0; begin < n; begin += CPU_DENSE1_SAMPLES) {
        const bool last = n - begin <= CPU_DENSE1_SAMPLES;
        list_inputs(pooled, route, begin, last ? n : begin + CPU_DENSE1_SAMPLES, first, s);
        for (size_t i = 0; i < BLOCK; i++) {
            /* Gradients that need not last share one place in the cache. */
            float *gradient = s->gradient[begin == 0 && last ? 0 : i];
            row_backward(weights, &adam, sums_gradient, s, i, first + i, begin == 0, last, gradient,
                         pooled_gradient);
        }
    }
}
