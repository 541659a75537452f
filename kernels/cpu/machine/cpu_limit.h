/* How many processors' time the process's control groups leave it, as containers limit it. */
#ifndef KERNELS_CPU_CPU_LIMIT_H
#define KERNELS_CPU_CPU_LIMIT_H

/* Whole processors, rounded up, at least 1; UINT_MAX where there is no limit. `root` is "" but for
 * tests, which put their own files below another directory. Reads /proc/self/cgroup and, below
 * /sys/fs/cgroup, the quotas of version 2 (cpu.max) and 1 (cpu.cfs_quota_us) of the process's
 * group and all above it; the least counts. */
unsigned cpu_limit(const char *root);

#endif
