/* Drops values of events and changes their tags, by the generated code: events are parsed, edited
 * and serialized again, with all fields, unknown ones too. Knows nothing of framing or files. */
#ifndef TBLOG_EVENT_EDIT_H
#define TBLOG_EVENT_EDIT_H

#include <stddef.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "tblog/tblog.h"

/* Appends the event to `out`. new_tag is called with each value's tag: it returns the same pointer
 * to keep the value unchanged, another tag to rename it, or NULL to drop it. *value_count is the
 * number of values left. On failure `out` is unchanged: TBLOG_NO_MEMORY, or TBLOG_DAMAGED if
 * event_decode finds no summary in the payload. */
TBLOG_MUST_CHECK tblog_status event_edit_tags(
    byte_buffer *out, const uint8_t *payload, size_t payload_bytes,
    const char *(*new_tag)(void *context, const char *tag), void *context, size_t *value_count);

#endif
