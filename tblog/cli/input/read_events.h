/* Reads an event file completely, and reports errors. */
#ifndef TBLOG_CLI_READ_EVENTS_H
#define TBLOG_CLI_READ_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "exit_status.h"
#include "tblog/tblog.h"

/* Opens a file or a pipe. A gzip file is decompressed while it is read. NULL with a message on
 * standard error, as `command`. */
TBLOG_MUST_CHECK tblog_reader *open_events(const char *command, const char *path);

/* Whether they come from a gzip file. Then they do not grow. */
bool events_are_gzipped(const tblog_reader *reader);

/* False ends the reading, after printing a message. */
typedef bool event_visitor(void *context, const tblog_reader *reader, const tblog_event *event);

/* Calls the visitor with a file's events. Errors are printed to standard error, as `command`.
 * EXIT_STATUS_TORN if the file ends inside a record; EXIT_STATUS_FAILED if it is damaged or cannot
 * be read, or if the visitor ended the reading. */
enum exit_status read_events(const char *command, const char *path, event_visitor *visit,
                             void *context);

/* Reports TBLOG_DAMAGED: the offset of the damage, and that repair would save the whole records;
 * or, if there is none, that this is not an event file. `events` is the number read before. The
 * reader may move. */
void complain_of_damage(const char *command, const char *path, tblog_reader *reader,
                        uint64_t events);

#endif
