/* The event files that a command's arguments name. */
#ifndef TBLOG_CLI_EVENT_FILES_H
#define TBLOG_CLI_EVENT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tblog/tblog.h"

typedef struct found_file {
    char *path;
    char *run; /* its directory: relative to PATH, as in TensorBoard, if PATH is the only one and a
                  directory ("." for PATH itself); otherwise with PATH */
    dev_t device; /* with the inode, identifies the file under any name */
    ino_t inode;
    size_t argument; /* which of the PATHs it was found by */
} found_file;

/* All zero is an empty list. */
typedef struct event_files {
    found_file *at;
    size_t count;
    size_t capacity;
} event_files;

/* Adds the files that `paths` (ending with NULL) name, ordered by run and name, as TensorBoard
 * reads them. A file that is named itself may have any name; below a directory, TensorBoard's rule
 * applies. A file that several paths name is added once; but if it belongs to several runs of one
 * PATH, by a link for example, it is in each, as in TensorBoard. Errors and paths without an event
 * file are reported to standard error, as `command`; NULL reports nothing. False if there was
 * something to report. */
TBLOG_MUST_CHECK bool event_files_find(event_files *files, const char *command, char *const *paths);

void event_files_free(event_files *files);

#endif
