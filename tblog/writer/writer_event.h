/* How one event comes into the queue: the frame of every call that logs. It holds the locks, finds
 * room, reads the clock, and takes the event back where it cannot be logged. Knows nothing of what
 * the event says: that is encoded by its caller. */
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

/* Puts the event of `request` behind what writer->queue.records holds, with the mutex held.
 * TBLOG_OK, or what stands against the event. */
typedef tblog_status writer_encode(tblog_writer *writer, double wall_time, const void *request);

/* Encodes one event under the lock, where there is room for it, and takes it: TBLOG_OK, and it was
 * accepted; else nothing of it is left, the tags that `encode` has added included. A NULL writer is
 * TBLOG_INVALID. */
TBLOG_MUST_CHECK tblog_status writer_add_event(tblog_writer *writer, writer_encode *encode,
                                               const void *request);

/* What writer_add_tag tells of a tag. */
typedef struct tag_use {
    bool first_of_writer;
    bool first_in_file;
    size_t tag_bytes; /* without the NUL */
} tag_use;

/* writer_add_tag where the file does not have the tag: `result` is what tag_set_add returned. */
TBLOG_MUST_CHECK tblog_status writer_add_fresh_tag(const tblog_writer *writer, const char *tag,
                                                   tag_plugin plugin, tag_set_result result,
                                                   tag_use *use);

/* For `encode`: notes that the event holds a value of this tag, which is not empty. TBLOG_INVALID
 * where the tag is another plug-in's or not UTF-8. */
TBLOG_MUST_CHECK static inline tblog_status writer_add_tag(tblog_writer *writer, const char *tag,
                                                           tag_plugin plugin, tag_use *use)
{
    *use = (tag_use){0};
    const tag_set_result result = tag_set_add(&writer->tags, tag, plugin, &use->tag_bytes);
    return result == TAG_SET_PRESENT ? TBLOG_OK
                                     : writer_add_fresh_tag(writer, tag, plugin, result, use);
}

#endif
