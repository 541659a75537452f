/* The instruction sets built in, and what the machine has of them. */
#include "cpu_kernels.h"

#include <stdbool.h>
#include <string.h>

extern const cpu_kernels cpu_kernels_portable;
#if defined(__x86_64__)
extern const cpu_kernels cpu_kernels_avx512;
extern const cpu_kernels cpu_kernels_avx2;
#endif

const cpu_kernels *const cpu_kernels_list[] = {
#if defined(__x86_64__)
    &cpu_kernels_avx512,
    &cpu_kernels_avx2,
#endif
    &cpu_kernels_portable,
    NULL,
};

static bool machine_has(const char *isa)
{
#if defined(__x86_64__)
    if (strcmp(isa, "avx512") == 0) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    }
    if (strcmp(isa, "avx2") == 0) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
#endif
    return strcmp(isa, "portable") == 0;
}

const cpu_kernels *cpu_kernels_find(const char *isa)
{
    for (size_t i = 0; cpu_kernels_list[i] != NULL; i++) {
        const cpu_kernels *kernels = cpu_kernels_list[i];
        if ((isa == NULL || strcmp(isa, kernels->isa) == 0) && machine_has(kernels->isa)) {
            return kernels;
        }
    }
    return NULL;
}
