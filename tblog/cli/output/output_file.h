/* A file that a command makes: a new one, never in the place of one that is there. Its name appears
 * only once it is whole, so that a command that fails or is killed leaves none. */
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
    char *partial; /* its name until then, "OUT.partial", if it needs one; or NULL */
    bool sync; /* to the disk before it counts as written: it takes the place of another file. Set
                  by the caller */
} output_file;

/* `path` NULL stands for standard output. False, as in the others, with a message on standard
 * error. */
TBLOG_MUST_CHECK bool output_file_open(output_file *file, const char *command, const char *path);

TBLOG_MUST_CHECK bool output_file_write(output_file *file, const void *bytes, size_t count);

/* Writes all that is buffered, gives the file its name and closes it; if that fails, or `status`
 * is EXIT_STATUS_FAILED, nothing is left of it. What the command comes to. */
enum exit_status output_file_end(output_file *file, enum exit_status status);

#endif
