/* The control groups that this process is in, which limit what it gets of the machine. */
#ifndef KERNELS_CPU_CONTROL_GROUP_H
#define KERNELS_CPU_CONTROL_GROUP_H

#include <stdbool.h>

typedef void control_group_visit(const char *directory, void *context);

/* Visits the directories of the process' group and of those above it, in the hierarchies version 2
 * and 1 below /sys/fs/cgroup that have `controller` ("cpu", "memory"). A container may see its
 * group's path but not the directories on the way, so a directory need not be there; its own group
 * is then the mount itself, which is always visited. `root` is "" but for tests, which put their
 * own files below another directory. */
void control_group_each(const char *root, const char *controller, control_group_visit *visit,
                        void *context);

/* The first `wanted` numbers of a group's file; false where it has fewer, such as "max" or no
 * file. */
bool control_group_numbers(const char *directory, const char *file, int wanted, long long *out);

#endif
