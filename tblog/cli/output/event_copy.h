/* Copies events to a new event file, byte for byte unless their tags change. The file begins with a
 * file version, as TensorBoard requires: that of the first event, or a new one. */
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

/* Copies an event's record. If the first is not a file version, the new one has its wall time. */
TBLOG_MUST_CHECK bool event_copy_add_record(event_copy *copy, const uint8_t *record, size_t bytes,
                                            bool is_version, double wall_time);

/* Copies the reader's last event, a summary. new_tag is called with each value's tag: it returns
 * the same pointer to keep the value, another tag to rename it, or NULL to drop it. An event
 * without values is left out. */
TBLOG_MUST_CHECK bool event_copy_add_edited(event_copy *copy, const tblog_reader *reader,
                                            const tblog_event *event,
                                            const char *(*new_tag)(void *context, const char *tag),
                                            void *context);

#endif
