/* The event files that a command's arguments name, and reading them from end to end. */
#ifndef TBLOG_CLI_EVENT_FILES_H
#define TBLOG_CLI_EVENT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "commands.h"
#include "tblog/tblog.h"

typedef struct event_file {
    char *path;
    char *run; /* its directory: below PATH, as TensorBoard names runs, where PATH is the only one
                  and a directory ("." for PATH itself); else as PATH has it */
} event_file;

/* All zero is an empty list. */
typedef struct event_files {
    event_file *at;
    size_t count;
    size_t capacity;
} event_files;

/* Adds the files that `paths` (ending with NULL) name, in order of run and name: TensorBoard's own.
 * A file that is named counts whatever it is called; below a directory those that TensorBoard would
 * read. `command` complains on standard error about what cannot be read and about paths without an
 * event file; NULL keeps silent. False where there was something to complain about. */
bool event_files_find(event_files *files, const char *command, char *const *paths);

void event_files_free(event_files *files);

/* False ends the reading. */
typedef bool event_visitor(void *context, const tblog_event *event);

/* Gives the visitor a file's events. What is wrong with the file goes to standard error, as
 * `command`: EXIT_STATUS_TORN where it ends inside a record, EXIT_STATUS_FAILED where it is damaged
 * or cannot be read, or where the visitor ended the reading. */
enum exit_status event_file_read(const char *command, const char *path, event_visitor *visit,
                                 void *context);

/* Failed is worse than torn, torn is worse than done. */
enum exit_status worse_status(enum exit_status left, enum exit_status right);

#endif
