#include "repository.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The repository's folder, four names above the program's file. */
static bool find_root(char out[PATH_MAX])
{
    const ssize_t length = readlink("/proc/self/exe", out, PATH_MAX - 1);
    if (length < 0) {
        return false;
    }
    out[length] = '\0';
    for (int i = 0; i < 4; i++) {
        char *slash = strrchr(out, '/');
        if (slash == NULL) {
            return false;
        }
        *slash = '\0';
    }
    return true;
}

bool repository_path(char out[PATH_MAX], const char *name)
{
    char root[PATH_MAX];
    char here[PATH_MAX];
    if (!find_root(root)) {
        return false;
    }
    const bool is_here = getcwd(here, sizeof here) != NULL && strcmp(here, root) == 0;
    const int length = snprintf(out, PATH_MAX, "%s/%s", is_here ? "." : root, name);
    return length > 0 && length < PATH_MAX && access(out, X_OK) == 0;
}
