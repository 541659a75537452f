/* The instruction sets of this build, and which of them the machine has. */
#include "cpu_kernels.h"

#include <stdbool.h>
#include <string.h>

extern const cpu_kernels cpu_kernels_portable;
#if defined(__x86_64__)
extern const cpu_kernels cpu_kernels_avx512;
extern const cpu_kernels cpu_kernels_avx512_bf16;
extern const cpu_kernels cpu_kernels_avx2;
#endif

const cpu_kernels *const cpu_kernels_list[] = {
#if defined(__x86_64__)
    &cpu_kernels_avx512,   &cpu_kernels_avx512_bf16,
    &cpu_kernels_avx2,
#endif
    &cpu_kernels_portable, NULL,
};

bool cpu_kernels_usable(const cpu_kernels *kernels)
{
#if defined(__x86_64__)
    if (kernels->bf16 && !__builtin_cpu_supports("avx512bf16")) {
        return false;
    }
    if (strcmp(kernels->isa, "avx512") == 0) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    }
    if (strcmp(kernels->isa, "avx2") == 0) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
#endif
    return strcmp(kernels->isa, "portable") == 0;
}

static const cpu_kernels *find(const char *isa, bool bf16)
{
    for (size_t i = 0; cpu_kernels_list[i] != NULL; i++) {
        const cpu_kernels *kernels = cpu_kernels_list[i];
        if ((isa == NULL || strcmp(isa, kernels->isa) == 0) && kernels->bf16 == bf16 &&
            cpu_kernels_usable(kernels)) {
            return kernels;
        }
    }
    return NULL;
}

const cpu_kernels *cpu_kernels_find(const char *isa)
{
    return find(isa, false);
}

const cpu_kernels *cpu_kernels_find_bf16(const char *isa)
{
    return find(isa, true);
}
