/* A file without a name, for bytes that are too many for memory. It is gone with the process,
 * however that ends. */
#ifndef TBLOG_CLI_TEMPORARY_FILE_H
#define TBLOG_CLI_TEMPORARY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "tblog/tblog.h"

typedef struct temporary_file {
    FILE *stream;   /* NULL if none is open */
    uint64_t bytes; /* appended so far */
} temporary_file;

/* False with errno, as for the next two functions. */
TBLOG_MUST_CHECK bool temporary_file_open(temporary_file *file);

TBLOG_MUST_CHECK bool temporary_file_append(temporary_file *file, const void *bytes, size_t count);

/* Makes appended bytes visible to temporary_file_read. */
TBLOG_MUST_CHECK bool temporary_file_flush(temporary_file *file);

/* Reads up to `count` bytes at `offset`. Returns how many it read; -1 with errno. */
TBLOG_MUST_CHECK ssize_t temporary_file_read(const temporary_file *file, void *bytes, size_t count,
                                             uint64_t offset);

/* `file` may be all zero, and never opened. */
void temporary_file_close(temporary_file *file);

#endif
