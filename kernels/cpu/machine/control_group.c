#include "control_group.h"

#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 4096, LINE_BYTES = 4096 };

bool control_group_numbers(const char *directory, const char *file, int wanted, long long *out)
{
    char path[PATH_BYTES + 32];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        return false;
    }
    int found = 0;
    while (found < wanted && fscanf(stream, "%lld", &out[found]) == 1) {
        found++;
    }
    fclose(stream);
    return found == wanted;
}

/* Group `group` ("/a/b", or "/") and those above it, in the hierarchy mounted at `mount`. */
static void visit_branch(const char *root, const char *mount, const char *group,
                         control_group_visit *visit, void *context)
{
    char directory[PATH_BYTES];
    const int start = snprintf(directory, sizeof directory, "%s%s", root, mount);
    const int length = snprintf(directory, sizeof directory, "%s%s%s", root, mount, group);
    if (start < 0 || length < 0 || (size_t)length >= sizeof directory) {
        return;
    }
    for (;;) {
        visit(directory, context);
        char *last = strrchr(directory + start, '/');
        if (last == NULL) {
            return;
        }
        *last = '\0';
    }
}

/* Is `name` one of the names, which commas separate? */
static bool is_among(const char *name, const char *names)
{
    const size_t bytes = strlen(name);
    for (const char *at = names; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, bytes) == 0 && (at[bytes] == ',' || at[bytes] == '\0')) {
            return true;
        }
    }
    return false;
}

void control_group_each(const char *root, const char *controller, control_group_visit *visit,
                        void *context)
{
    char line[LINE_BYTES];
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        /* "number:controllers:group", where version 2 has no controllers. */
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
        if (group == NULL || group[1] != '/') {
            continue;
        }
        *group++ = '\0';
        char mount[64];
        snprintf(mount, sizeof mount, "/sys/fs/cgroup/%s", controller);
        if (controllers[1] == '\0') {
            visit_branch(root, "/sys/fs/cgroup", group, visit, context);
        } else if (is_among(controller, controllers + 1)) {
            visit_branch(root, mount, group, visit, context);
        }
    }
    fclose(file);
}
