/* What the tool needs beyond POSIX.1-2008. A port to another system replaces platform_linux.c and
 * no other file. docs/packaging.md lists what other systems offer instead. */
#ifndef TBLOG_CLI_PLATFORM_H
#define TBLOG_CLI_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "tblog/tblog.h"

/* Opens a new file without a name for writing, on the file system of `directory`. It is gone when
 * the process ends, however that happens. Returns a descriptor, or -1 if the file system cannot do
 * this; a system that cannot may always return -1. */
TBLOG_MUST_CHECK int platform_open_unnamed(const char *directory);

/* Names a file of platform_open_unnamed. False with errno; EEXIST if something has the name. */
TBLOG_MUST_CHECK bool platform_name_file(int descriptor, const char *path);

/* Renames a file. False with errno: EEXIST if something has the new name; EINVAL if the file system
 * can rename only by replacing, which a system that cannot do otherwise may always return. */
TBLOG_MUST_CHECK bool platform_rename_to_new(const char *from, const char *to);

/* Takes all `bytes` of `text` and returns `bytes`, or returns 0. */
typedef ssize_t platform_write(void *context, const char *text, size_t bytes);

/* Opens a stream that passes what is printed to `write`. NULL without memory. */
TBLOG_MUST_CHECK FILE *platform_open_stream(void *context, platform_write *write);

#endif
