/* Events from protobuf messages: scalar_decode takes the usual ones, the generated code the rest,
 * value_decode their values. Knows nothing of framing or files. One thread at a time a decoder. */
#ifndef TBLOG_EVENT_DECODE_H
#define TBLOG_EVENT_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "tblog/tblog.h"
#include "value_decode.h"

/* All zero is a new decoder. */
typedef struct event_decoder {
    struct TblogPb__Event *message; /* the present event, or NULL */
    value_store store;              /* of the present event's values */
    const char *problem;            /* what is wrong, for all but TBLOG_OK; a constant */
} event_decoder;

/* Fills *event but for its offset. Its pointers are good until the next call. TBLOG_DAMAGED where
 * the payload is not an Event, asks for more than bounded_parse_limit (which bounds the values
 * too), or a string in it is not UTF-8; TBLOG_NO_MEMORY. */
TBLOG_MUST_CHECK tblog_status event_decode(event_decoder *decoder, const uint8_t *payload,
                                           size_t payload_bytes, tblog_event *event);

void event_decoder_free(event_decoder *decoder);

#endif
