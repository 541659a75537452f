/* How much memory this process can still allocate: the machine's available memory, or the rest of
 * its control group's limit if that is less. */
#ifndef KERNELS_CPU_AVAILABLE_MEMORY_H
#define KERNELS_CPU_AVAILABLE_MEMORY_H

#include <stdint.h>

/* Bytes; UINT64_MAX if not known. The page cache counts as available, since the system can free it.
 * Reads /proc/meminfo and the limits of the control groups (control_group.h, which describes
 * `root`). */
uint64_t available_memory(const char *root);

#endif
