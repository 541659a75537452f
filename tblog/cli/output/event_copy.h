/* Events copied into a new event file, byte for byte. It begins with a file version, as every event
 * file must for TensorBoard: the first event's own, or else a new one. */
#ifndef TBLOG_CLI_EVENT_COPY_H
#define TBLOG_CLI_EVENT_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "exit_status.h"
#include "output_file.h"
#include "tblog/tblog.h"

typedef struct event_copy {
    output_file file;
    uint64_t events;    /* copied */
    bool added_version; /* the first event had none */
} event_copy;

/* False, as in the others, with a message on standard error. Ends with output_file_end. */
TBLOG_MUST_CHECK bool event_copy_begin(event_copy *copy, const char *command, const char *path);

/* Copies the reader's last event. */
TBLOG_MUST_CHECK bool event_copy_add(event_copy *copy, const tblog_reader *reader,
                                     const tblog_event *event);

/* Copies an event's record. Where the first is no file version, a new one has its wall time. */
TBLOG_MUST_CHECK bool event_copy_add_record(event_copy *copy, const uint8_t *record, size_t bytes,
                                            bool is_version, double wall_time);

typedef enum event_choice { EVENT_COPY, EVENT_LEAVE_OUT, EVENT_FAIL } event_choice;

/* What to do with an event. EVENT_FAIL ends the copying, with the message given. */
typedef event_choice event_chooser(void *context, const tblog_event *event);

/* Makes `output` of what `choose` chooses of a file. EXIT_STATUS_TORN, with a message, where that
 * ends inside a record, which is left out; EXIT_STATUS_FAILED, and there is no output, where it is
 * damaged. */
enum exit_status event_copy_file(const char *command, const char *output, const char *path,
                                 event_chooser *choose, void *context);

#endif
