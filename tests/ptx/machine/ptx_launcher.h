/* Launches of the host harness, run on PTX. If the environment has PTX_FOLDER, every kernel that a
 * program launches is, from its start, the one of the PTX files in that folder. */
#ifndef PTX_LAUNCHER_H
#define PTX_LAUNCHER_H

#include "cuda_host_launcher.h"
#include "ptx_traffic.h"

/* For cuda_host_set_launcher. */
const char *ptx_launcher(const cuda_host_launch *launch);

/* All launches of one kernel. */
typedef struct ptx_kernel_traffic {
    const ptx_kernel *kernel;
    char name[64]; /* as the source has it */
    uint64_t launches;
    ptx_traffic traffic;
} ptx_kernel_traffic;

/* From now on the traffic of launches is counted, from zero. */
void ptx_launcher_count_traffic(void);
/* What was counted, a kernel each, in the order of their first launches. */
const ptx_kernel_traffic *ptx_launcher_traffic(size_t *count);
/* The mangled name of a kernel of the PTX of which no launch was ever counted; NULL if there is
 * none. */
const char *ptx_launcher_never_counted(void);

#endif
