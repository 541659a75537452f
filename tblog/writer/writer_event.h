/* Puts one event into the queue, for every call that logs: takes the lock, waits for room, reads
 * the clock, and removes the event again if it cannot be logged. Knows nothing of the event's
 * contents, which the caller encodes. */
#ifndef TBLOG_WRITER_EVENT_H
#define TBLOG_WRITER_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "event_encode.h"
#include "record_format.h"
#include "tag_set.h"
#include "tblog/tblog.h"
#include "writer_state.h"

#define WRITER_TOO_LARGE "the event does not fit into a record of " RECORD_PAYLOAD_MAX_TEXT

/* Appends the event of `request` to writer->queue.records, with the mutex held. TBLOG_OK, or why
 * the event is refused. */
typedef tblog_status writer_encode(tblog_writer *writer, double wall_time, const void *request);

/* Encodes one event under the lock, if there is room for it. TBLOG_OK: it was accepted. Otherwise
 * nothing of it remains, nor do the tags that `encode` added. A NULL writer is TBLOG_INVALID. */
TBLOG_MUST_CHECK tblog_status writer_add_event(tblog_writer *writer, writer_encode *encode,
                                               const void *request);

/* What writer_add_tag returns about a tag. */
typedef struct tag_use {
    bool first_of_writer;
    bool first_in_file;
    size_t tag_bytes; /* without the NUL */
} tag_use;

/* writer_add_tag for a tag that is not in the file: `result` is that of tag_set_add. */
TBLOG_MUST_CHECK tblog_status writer_add_fresh_tag(const tblog_writer *writer, const char *tag,
                                                   tag_plugin plugin, tag_set_result result,
                                                   tag_use *use);

/* For `encode`: notes that the event has a value of this tag, which is not empty. TBLOG_INVALID if
 * the tag belongs to another plugin or is not UTF-8. */
TBLOG_MUST_CHECK static inline tblog_status writer_add_tag(tblog_writer *writer, const char *tag,
                                                           tag_plugin plugin, tag_use *use)
{
    *use = (tag_use){0};
    const tag_set_result result = tag_set_add(&writer->tags, tag, plugin, &use->tag_bytes);
    return result == TAG_SET_PRESENT ? TBLOG_OK
                                     : writer_add_fresh_tag(writer, tag, plugin, result, use);
}

#endif
