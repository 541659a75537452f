/* Events copied into a new event file, byte for byte unless their tags change. It begins with a file version, as every event
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

/* Copies the reader's last event, which has values, each under the tag that new_tag gives for the
 * present one: the same pointer keeps the value as it is, NULL leaves it out. An event without
 * values is left out. */
TBLOG_MUST_CHECK bool event_copy_add_edited(event_copy *copy, const tblog_reader *reader,
                                            const tblog_event *event,
                                            const char *(*new_tag)(void *context, const char *tag),
                                            void *context);

typedef enum event_choice { EVENT_COPY, EVENT_LEAVE_OUT } event_choice;

/* What to do with an event, of which `copied` are there already. */
typedef event_choice event_chooser(void *context, const tblog_event *event, uint64_t copied);

/* Makes `output` of what `choose` chooses of the files (`paths` ends with NULL). EXIT_STATUS_TORN,
 * with a message, where a file ends inside a record, which is left out; EXIT_STATUS_FAILED, and
 * there is no output, where one is damaged. */
enum exit_status event_copy_files(const char *command, const char *output, const char *const *paths,
                                  event_chooser *choose, void *context);

#endif
