/* Events copied into a new event file, byte for byte. It begins with a file version, as every event
 * file must for TensorBoard: the first event's own, or else a new one. */
#ifndef TBLOG_CLI_EVENT_COPY_H
#define TBLOG_CLI_EVENT_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "commands.h"
#include "output_file.h"
#include "tblog/tblog.h"

typedef struct event_copy {
    output_file file;
    uint64_t events;    /* copied */
    bool added_version; /* the first event had none */
} event_copy;

/* False, as in the others, with a message on standard error. Ends with output_file_finish or
 * output_file_discard. */
bool event_copy_begin(event_copy *copy, const char *command, const char *path);

/* Copies the reader's last event. */
bool event_copy_add(event_copy *copy, const tblog_reader *reader, const tblog_event *event);

/* Whether to copy an event. *failed ends the copying, with the message given already. */
typedef bool event_choice(void *context, const tblog_event *event, bool *failed);

/* Copies what `choose` chooses of a file. EXIT_STATUS_TORN, with a message, where the file ends
 * inside a record, which is left out; EXIT_STATUS_FAILED where it is damaged. */
enum exit_status event_copy_file(event_copy *copy, const char *path, event_choice *choose,
                                 void *context);

#endif
