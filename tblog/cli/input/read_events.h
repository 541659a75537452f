/* Reading an event file from end to end, and saying what is wrong with it. */
#ifndef TBLOG_CLI_READ_EVENTS_H
#define TBLOG_CLI_READ_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "exit_status.h"
#include "tblog/tblog.h"

/* Opens a file, or a pipe; what begins as a gzip file is inflated while it is read. NULL with a
 * message on standard error, as `command`. */
TBLOG_MUST_CHECK tblog_reader *open_events(const char *command, const char *path);

/* Whether they come from a gzip file. Then they do not grow. */
bool events_are_gzipped(const tblog_reader *reader);

/* False ends the reading, with the message given already. */
typedef bool event_visitor(void *context, const tblog_reader *reader, const tblog_event *event);

/* Gives the visitor a file's events. What is wrong with the file goes to standard error, as
 * `command`: EXIT_STATUS_TORN where it ends inside a record, EXIT_STATUS_FAILED where it is damaged
 * or cannot be read, or where the visitor ended the reading. */
enum exit_status read_events(const char *command, const char *path, event_visitor *visit,
                             void *context);

/* Says after TBLOG_DAMAGED what is wrong: where the damage is, and that repair would save what is
 * whole; or, if no record is, that this is no event file. `events` were read before. The reader may
 * have moved on then. */
void complain_of_damage(const char *command, const char *path, tblog_reader *reader,
                        uint64_t events);

#endif
