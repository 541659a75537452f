#include "available_memory.h"

#include <inttypes.h>
#include <stdio.h>

static FILE *open_below(const char *root, const char *path)
{
    char full[512];
    const int length = snprintf(full, sizeof full, "%s%s", root, path);
    return length > 0 && (size_t)length < sizeof full ? fopen(full, "re") : NULL;
}

/* The number that a file begins with; UINT64_MAX where there is none ("max"). */
static uint64_t read_number(const char *root, const char *path)
{
    FILE *file = open_below(root, path);
    uint64_t value = UINT64_MAX;
    if (file == NULL) {
        return UINT64_MAX;
    }
    if (fscanf(file, "%" SCNu64, &value) != 1) {
        value = UINT64_MAX;
    }
    fclose(file);
    return value;
}

static uint64_t machine_memory(const char *root)
{
    FILE *file = open_below(root, "/proc/meminfo");
    uint64_t kibibytes = UINT64_MAX;
    char line[256];
    if (file == NULL) {
        return UINT64_MAX;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &kibibytes) == 1) {
            break;
        }
    }
    fclose(file);
    return kibibytes > UINT64_MAX / 1024 ? UINT64_MAX : kibibytes * 1024;
}

static uint64_t left_of(uint64_t limit, uint64_t used)
{
    if (limit == UINT64_MAX || used == UINT64_MAX) {
        return UINT64_MAX;
    }
    return limit > used ? limit - used : 0;
}

uint64_t available_memory(const char *root)
{
    const uint64_t left[] = {
        machine_memory(root),
        left_of(read_number(root, "/sys/fs/cgroup/memory.max"),
                read_number(root, "/sys/fs/cgroup/memory.current")),
        left_of(read_number(root, "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
                read_number(root, "/sys/fs/cgroup/memory/memory.usage_in_bytes")),
    };
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        least = left[i] < least ? left[i] : least;
    }
    return least;
}
