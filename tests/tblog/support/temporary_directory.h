/* A new directory for a test, and its removal with all in it. */
#ifndef TESTS_TEMPORARY_DIRECTORY_H
#define TESTS_TEMPORARY_DIRECTORY_H

#include <stddef.h>

typedef struct temporary_directory {
    char path[64];
} temporary_directory;

void temporary_directory_make(temporary_directory *directory);
void temporary_directory_remove(const temporary_directory *directory);

/* path/name in `buffer`, which is returned. */
char *temporary_path(const temporary_directory *directory, const char *name, char *buffer,
                     size_t bytes);

#endif
