/* Bytes that are kept on disk while a command runs. The file has no name, and is gone with the
 * process however that ends. */
#ifndef TBLOG_CLI_TEMPORARY_FILE_H
#define TBLOG_CLI_TEMPORARY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "tblog/tblog.h"

typedef struct temporary_file {
    FILE *stream;   /* NULL where none is open */
    uint64_t bytes; /* appended so far */
} temporary_file;

/* False with errno, as in the others. */
TBLOG_MUST_CHECK bool temporary_file_open(temporary_file *file);

TBLOG_MUST_CHECK bool temporary_file_append(temporary_file *file, const void *bytes, size_t count);

/* Lets temporary_file_read see what was appended. */
TBLOG_MUST_CHECK bool temporary_file_flush(temporary_file *file);

/* How many bytes there are at `offset`, at most `count`; -1 with errno. */
TBLOG_MUST_CHECK ssize_t temporary_file_read(const temporary_file *file, void *bytes, size_t count,
                                             uint64_t offset);

/* One that was never opened, but is all zero, is fine too. */
void temporary_file_close(temporary_file *file);

#endif
