/* A file that a command makes: a new one, never one that is there, and gone again where the command
 * fails. */
#ifndef TBLOG_CLI_OUTPUT_FILE_H
#define TBLOG_CLI_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct output_file {
    const char *command; /* for messages */
    const char *path;    /* NULL for standard output */
    FILE *stream;
} output_file;

/* `path` NULL stands for standard output. False, as in the others, with a message on standard
 * error. */
bool output_file_open(output_file *file, const char *command, const char *path);

bool output_file_write(output_file *file, const void *bytes, size_t count);

/* Writes all that is buffered, to the disk too. Ends with the file closed, or removed on failure.
 */
bool output_file_finish(output_file *file);

/* Closes and removes the file. */
void output_file_discard(output_file *file);

#endif
