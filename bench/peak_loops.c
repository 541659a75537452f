/* The loops that peak_rates.h measures, compiled once for each instruction set like the engine's
 * layers. */
#include "peak_loops.h"

/* Enough chains to hide the latency of a multiply-add, and few enough for the registers. */
#if defined(CPU_ISA_AVX512)
enum { CHAINS = 24 };
#else
enum { CHAINS = 12 };
#endif

float CPU_NAME(peak_multiply_adds)(size_t count, float factor)
{
    const vec a = vec_all(factor);
    vec sum[CHAINS];
    VEC_UNROLL
    for (int i = 0; i < CHAINS; i++) {
        sum[i] = vec_all((float)i);
    }
    for (size_t done = 0; done < count; done += CHAINS * VEC) {
        VEC_UNROLL
        for (int i = 0; i < CHAINS; i++) {
            sum[i] = vec_fma(sum[i], a, a);
        }
    }
    for (int i = 1; i < CHAINS; i++) {
        sum[0] += sum[i];
    }
    return sum[0][0];
}

void CPU_NAME(peak_sweep)(float *values, size_t count, float factor)
{
    enum { AT_ONCE = 4 * VEC };
    const vec a = vec_all(factor);
    for (size_t i = 0; i < count; i += AT_ONCE) {
        VEC_UNROLL
        for (int v = 0; v < AT_ONCE; v += VEC) {
            vec_store(values + i + v, vec_fma(vec_load(values + i + v), a, a));
        }
    }
}
