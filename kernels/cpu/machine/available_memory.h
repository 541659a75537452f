/* How much memory this process could still take: what the machine has available, or what is left
 * of its control group's limit where that is less. */
#ifndef KERNELS_CPU_AVAILABLE_MEMORY_H
#define KERNELS_CPU_AVAILABLE_MEMORY_H

#include <stdint.h>

/* Bytes; UINT64_MAX where the system does not tell. What caches files counts as available, for it
 * is given back. Reads /proc/meminfo and the limits of the control groups of control_group.h, which
 * tells what `root` is. */
uint64_t available_memory(const char *root);

#endif
