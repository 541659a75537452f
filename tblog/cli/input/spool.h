/* What has come of a stream, kept in a nameless temporary file, so that it can be read at any
 * offset. The file is in the directory that tmpfile() takes, and gone with the process. */
#ifndef TBLOG_CLI_SPOOL_H
#define TBLOG_CLI_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "tblog/tblog.h"

typedef struct spool {
    FILE *file;
    uint64_t bytes; /* in it */
} spool;

/* False with errno, as in the next. */
TBLOG_MUST_CHECK bool spool_open(spool *self);

/* Adds bytes at the end. */
TBLOG_MUST_CHECK bool spool_add(spool *self, const void *bytes, size_t count);

/* As pread. */
ssize_t spool_read_at(const spool *self, void *data, size_t bytes, uint64_t offset);

void spool_close(spool *self);

#endif
