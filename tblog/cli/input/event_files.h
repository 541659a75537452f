/* The event files that a command's arguments name. */
#ifndef TBLOG_CLI_EVENT_FILES_H
#define TBLOG_CLI_EVENT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tblog/tblog.h"

typedef struct found_file {
    char *path;
    char *run; /* its directory: below PATH, as TensorBoard names runs, where PATH is the only one
                  and a directory ("." for PATH itself); else as PATH has it */
    dev_t device; /* with the inode what the file is, whatever its name */
    ino_t inode;
    size_t argument; /* which of the PATHs it was found by */
} found_file;

/* All zero is an empty list. */
typedef struct event_files {
    found_file *at;
    size_t count;
    size_t capacity;
} event_files;

/* Adds the files that `paths` (ending with NULL) name, in order of run and name: TensorBoard's own.
 * A file that is named counts whatever it is called; below a directory those that TensorBoard would
 * read. A file that several paths name is there once; only where it belongs to several runs of one
 * PATH (by a link, say) it is in each, as in TensorBoard. `command` complains on standard error
 * about what cannot be read and about paths without an event file; NULL keeps silent. False where
 * there was something to complain about. */
TBLOG_MUST_CHECK bool event_files_find(event_files *files, const char *command, char *const *paths);

void event_files_free(event_files *files);

#endif
