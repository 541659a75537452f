/* Runs the host harness's launches on PTX. If the environment has PTX_FOLDER, every kernel that the
 * program launches comes from the PTX files in that folder. */
#ifndef PTX_LAUNCHER_H
#define PTX_LAUNCHER_H

#include "cuda_host_launcher.h"
#include "ptx_traffic.h"

/* Pass it to cuda_host_set_launcher. */
const char *ptx_launcher(const cuda_host_launch *launch);

/* All launches of one kernel. */
typedef struct ptx_kernel_traffic {
    const ptx_kernel *kernel;
    char name[64]; /* as the source has it */
    uint64_t launches;
    ptx_traffic traffic;
} ptx_kernel_traffic;

/* Starts counting the traffic of launches, from zero. */
void ptx_launcher_count_traffic(void);
/* The counts of each kernel, in the order of the kernels' first launches. */
const ptx_kernel_traffic *ptx_launcher_traffic(size_t *count);
/* The mangled name of a PTX kernel without a counted launch; NULL if there is none. */
const char *ptx_launcher_never_counted(void);

#endif
