#define _GNU_SOURCE /* scandirat */

#include "directory_names.h"

#include <errno.h>
#include <stdlib.h>

int directory_names_read(directory_names *out, int directory, const char *name)
{
    *out = (directory_names){0};
    const int count = scandirat(directory, name, &out->all, NULL, alphasort);
    if (count < 0) {
        *out = (directory_names){0};
        return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    }
    out->count = count;
    return 0;
}

void directory_names_free(directory_names *names)
{
    for (int i = 0; i < names->count; i++) {
        free(names->all[i]);
    }
    free(names->all);
    *names = (directory_names){0};
}
