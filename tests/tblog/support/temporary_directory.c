#include "temporary_directory.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void temporary_directory_make(temporary_directory *directory)
{
    snprintf(directory->path, sizeof directory->path, "/tmp/tblog-test-XXXXXX");
    if (mkdtemp(directory->path) == NULL) {
        perror(directory->path);
        exit(EXIT_FAILURE);
    }
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

void temporary_directory_remove(const temporary_directory *directory)
{
    if (nftw(directory->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0) {
        perror(directory->path);
    }
}

char *temporary_path(const temporary_directory *directory, const char *name, char *buffer,
                     size_t bytes)
{
    snprintf(buffer, bytes, "%s/%s", directory->path, name);
    return buffer;
}
