/* Events under other tags, by the generated code: parsed, edited, and packed again with all that
 * they held, fields of unknown numbers too. Knows nothing of framing or files. */
#ifndef TBLOG_EVENT_EDIT_H
#define TBLOG_EVENT_EDIT_H

#include <stddef.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "tblog/tblog.h"

/* Puts the event after what `out` holds, each value of its summary under the tag that new_tag
 * gives for the present one: the same pointer keeps the value as it is, NULL drops it. *value_count
 * is how many are left. TBLOG_OK; or `out` holds what it held: TBLOG_NO_MEMORY, or TBLOG_DAMAGED
 * where event_decode finds no summary in the payload. */
TBLOG_MUST_CHECK tblog_status event_edit_tags(
    byte_buffer *out, const uint8_t *payload, size_t payload_bytes,
    const char *(*new_tag)(void *context, const char *tag), void *context, size_t *value_count);

#endif
