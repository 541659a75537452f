/* A file that a command creates; it never replaces one. Its name appears only once it is complete,
 * so a command that fails or is killed leaves none. */
#ifndef TBLOG_CLI_OUTPUT_FILE_H
#define TBLOG_CLI_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "exit_status.h"
#include "tblog/tblog.h"

typedef struct output_file {
    const char *command; /* for messages */
    const char *path;    /* NULL for standard output */
    FILE *stream;
    char *partial; /* "OUT.partial", the name of an incomplete file; NULL if it has no name */
    bool sync; /* fsync before it gets its name: the user may then delete the original. Set by the
                  caller */
} output_file;

/* `path` NULL: standard output. False, as in the others, with a message on standard error. */
TBLOG_MUST_CHECK bool output_file_open(output_file *file, const char *command, const char *path);

TBLOG_MUST_CHECK bool output_file_write(output_file *file, const void *bytes, size_t count);

/* Flushes the file, gives it its name and closes it. If that fails, or `status` is
 * EXIT_STATUS_FAILED, the file is removed. Returns the command's exit status. */
enum exit_status output_file_end(output_file *file, enum exit_status status);

#endif
