#include "available_memory.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "control_group.h"

enum { PATH_BYTES = 4096, LINE_BYTES = 256 };

/* The number after `name` and a space in a file of such lines; false if there is none. */
static bool read_named(const char *directory, const char *file, const char *name, uint64_t *out)
{
    char path[PATH_BYTES + 32];
    char line[LINE_BYTES];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        return false;
    }
    const size_t bytes = strlen(name);
    bool found = false;
    while (!found && fgets(line, sizeof line, stream) != NULL) {
        found = strncmp(line, name, bytes) == 0 && line[bytes] == ' ' &&
                sscanf(line + bytes, "%" SCNu64, out) == 1;
    }
    fclose(stream);
    return found;
}

/* The page cache of a group, which the system frees if memory is needed. In version 1 only the
 * second names include the groups below this one. */
static uint64_t file_cache(const char *directory)
{
    static const char *const names[][2] = {{"inactive_file", "active_file"},
                                           {"total_inactive_file", "total_active_file"}};
    uint64_t most = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint64_t inactive = 0;
        uint64_t active = 0;
        if (read_named(directory, "memory.stat", names[i][0], &inactive) &&
            read_named(directory, "memory.stat", names[i][1], &active) &&
            inactive + active > most) {
            most = inactive + active;
        }
    }
    return most;
}

static void take_left(const char *directory, void *context)
{
    uint64_t *least = context;
    long long limit;
    long long used;
    const bool limited = (control_group_numbers(directory, "memory.max", 1, &limit) &&
                          control_group_numbers(directory, "memory.current", 1, &used)) ||
                         (control_group_numbers(directory, "memory.limit_in_bytes", 1, &limit) &&
                          control_group_numbers(directory, "memory.usage_in_bytes", 1, &used));
    if (!limited || limit < 0 || used < 0) {
        return;
    }
    const uint64_t cache = file_cache(directory);
    const uint64_t kept = (uint64_t)used > cache ? (uint64_t)used - cache : 0;
    const uint64_t left = (uint64_t)limit > kept ? (uint64_t)limit - kept : 0;
    if (left < *least) {
        *least = left;
    }
}

uint64_t available_memory(const char *root)
{
    char directory[PATH_BYTES];
    uint64_t least = UINT64_MAX;
    uint64_t kibibytes;
    snprintf(directory, sizeof directory, "%s/proc", root);
    if (read_named(directory, "meminfo", "MemAvailable:", &kibibytes) &&
        kibibytes <= UINT64_MAX / 1024) {
        least = kibibytes * 1024;
    }
    control_group_each(root, "memory", take_left, &least);
    return least;
}
