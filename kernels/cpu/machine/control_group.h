/* The control groups of this process, which limit its processors and memory. */
#ifndef KERNELS_CPU_CONTROL_GROUP_H
#define KERNELS_CPU_CONTROL_GROUP_H

#include <stdbool.h>

typedef void control_group_visit(const char *directory, void *context);

/* Visits the directories of the process's group and of all groups above it, in the hierarchies
 * (versions 2 and 1) below /sys/fs/cgroup that have `controller` ("cpu", "memory"). A directory may
 * not exist: a container may see its group's path but not these directories. Its own group is then
 * the mount itself, which is always visited. `root` is "", except in tests, which put files below
 * another directory. */
void control_group_each(const char *root, const char *controller, control_group_visit *visit,
                        void *context);

/* Reads the first `wanted` numbers of a group's file. False if there are fewer, for example because
 * the file has "max" or does not exist. */
bool control_group_numbers(const char *directory, const char *file, int wanted, long long *out);

#endif
