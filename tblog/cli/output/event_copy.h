/* Events copied into a new event file, byte for byte unless their tags change. It begins with a
 * file version, as every event file must for TensorBoard: the first event's own, or else a new
 * one. */
#ifndef TBLOG_CLI_EVENT_COPY_H
#define TBLOG_CLI_EVENT_COPY_H

#include <stdbool.h>
#include <stdint.h>

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

/* Copies an event's record. If the first is no file version, a new one has its wall time. */
TBLOG_MUST_CHECK bool event_copy_add_record(event_copy *copy, const uint8_t *record, size_t bytes,
                                            bool is_version, double wall_time);

/* Copies the reader's last event, which has values, each under the tag that new_tag gives for the
 * present one: the same pointer keeps the value as it is, NULL leaves it out. An event without
 * values is left out. */
TBLOG_MUST_CHECK bool event_copy_add_edited(event_copy *copy, const tblog_reader *reader,
                                            const tblog_event *event,
                                            const char *(*new_tag)(void *context, const char *tag),
                                            void *context);

#endif
