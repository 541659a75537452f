#include "cpu_limit.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 4096, LINE_BYTES = 4096 };

/* The first `wanted` numbers of a file; false where it has fewer, such as "max" or no file. */
static bool read_numbers(const char *directory, const char *name, int wanted, long long *out)
{
    char path[PATH_BYTES + 32];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    int found = 0;
    while (found < wanted && fscanf(file, "%lld", &out[found]) == 1) {
        found++;
    }
    fclose(file);
    return found == wanted;
}

static unsigned limit_of_group(const char *directory)
{
    long long numbers[2]; /* quota and period, microseconds */
    const bool limited = read_numbers(directory, "cpu.max", 2, numbers) ||
                         (read_numbers(directory, "cpu.cfs_quota_us", 1, numbers) &&
                          read_numbers(directory, "cpu.cfs_period_us", 1, numbers + 1));
    if (!limited || numbers[0] <= 0 || numbers[1] <= 0) {
        return UINT_MAX;
    }
    const long long whole = (numbers[0] - 1) / numbers[1] + 1;
    return whole < UINT_MAX ? (unsigned)whole : UINT_MAX;
}

/* The least limit of group `group` ("/a/b", or "/") and those above it, in the hierarchy mounted at
 * `mount`. A container may see its group's path but not the directories on the way: what is not
 * there limits nothing, and its own group is the mount itself. */
static unsigned limit_of_branch(const char *root, const char *mount, const char *group)
{
    char directory[PATH_BYTES];
    const int start = snprintf(directory, sizeof directory, "%s%s", root, mount);
    const int length = snprintf(directory, sizeof directory, "%s%s%s", root, mount, group);
    if (start < 0 || length < 0 || (size_t)length >= sizeof directory) {
        return UINT_MAX;
    }
    unsigned least = UINT_MAX;
    for (;;) {
        const unsigned here = limit_of_group(directory);
        least = here < least ? here : least;
        char *last = strrchr(directory + start, '/');
        if (last == NULL) {
            return least;
        }
        *last = '\0';
    }
}

/* Is "cpu" one of the names, which commas separate? */
static bool names_cpu(const char *names)
{
    for (const char *at = names; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, "cpu", 3) == 0 && (at[3] == ',' || at[3] == '\0')) {
            return true;
        }
    }
    return false;
}

unsigned cpu_limit(const char *root)
{
    char line[LINE_BYTES];
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return UINT_MAX;
    }
    unsigned least = UINT_MAX;
    while (fgets(line, sizeof line, file) != NULL) {
        /* "number:controllers:group", where version 2 has no controllers. */
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
        if (group == NULL || group[1] != '/') {
            continue;
        }
        *group++ = '\0';
        unsigned here = UINT_MAX;
        if (controllers[1] == '\0') {
            here = limit_of_branch(root, "/sys/fs/cgroup", group);
        } else if (names_cpu(controllers + 1)) {
            here = limit_of_branch(root, "/sys/fs/cgroup/cpu", group);
        }
        least = here < least ? here : least;
    }
    fclose(file);
    return least;
}
