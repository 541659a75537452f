/* Decodes events from protobuf messages: scalar_decode the usual ones, the generated code the
 * others, value_decode their values. Knows nothing of framing or files. One thread at a time per
 * decoder. */
#ifndef TBLOG_EVENT_DECODE_H
#define TBLOG_EVENT_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "tblog/tblog.h"
#include "value_decode.h"

/* All zero is a new decoder. */
typedef struct event_decoder {
    struct TblogPb__Event *message; /* the current event, or NULL */
    value_store store;              /* of the current event's values */
    const char *problem;            /* what is wrong, for all but TBLOG_OK; a constant */
} event_decoder;

/* Fills *event except for its offset. Its pointers are valid until the next call.
 *   TBLOG_DAMAGED    the payload is not an Event, a string in it is not UTF-8, or it needs more
 *                    memory than bounded_parse_limit, which also limits the values
 *   TBLOG_NO_MEMORY */
TBLOG_MUST_CHECK tblog_status event_decode(event_decoder *decoder, const uint8_t *payload,
                                           size_t payload_bytes, tblog_event *event);

void event_decoder_free(event_decoder *decoder);

#endif
