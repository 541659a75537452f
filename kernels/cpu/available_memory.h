/* How much memory this process could still take: what the machine has available, or what is left
 * of its control group's limit where that is less. */
#ifndef KERNELS_CPU_AVAILABLE_MEMORY_H
#define KERNELS_CPU_AVAILABLE_MEMORY_H

#include <stdint.h>

/* Bytes; UINT64_MAX where the system does not tell. `root` is "" but for tests, which put their own
 * files below another directory. Reads /proc/meminfo and, as containers see them, the limits of
 * control groups version 2 and 1 below /sys/fs/cgroup. */
uint64_t available_memory(const char *root);

#endif
