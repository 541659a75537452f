/* The limit of processors by the process's control groups, as in containers. */
#ifndef KERNELS_CPU_CPU_LIMIT_H
#define KERNELS_CPU_CPU_LIMIT_H

/* Whole processors, rounded up, at least 1; UINT_MAX if there is no limit. The smallest quota of
 * the process's group and of all groups above it counts: cpu.max (version 2) or cpu.cfs_quota_us
 * (version 1). `root` is as in control_group.h. */
unsigned cpu_limit(const char *root);

#endif
